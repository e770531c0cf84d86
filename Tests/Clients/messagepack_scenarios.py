"""Clients and a server that write packets as MessagePack: scenarios of JSON once more, and what only MessagePack has."""

import dataclasses

import socketio

import ack_scenarios as acks
import dynamic_scenarios as dynamic
import feature_scenarios as features
import handshake_scenarios as handshake
import listener_scenarios as listeners
import room_scenarios as rooms
from scenarios import SCENARIOS, equal, scenario

ONCE_MORE = {
    features.events_come_back_with_the_same_arguments,
    features.events_carry_no_one_and_many_arguments,
    features.acknowledgements_carry_no_one_and_many_arguments,
    features.acknowledgements_find_their_events_when_many_are_outstanding,
    features.binary_arguments_come_back_unchanged,
    features.binary_arguments_are_acknowledged_unchanged,
    features.text_and_binary_events_keep_their_order,
    features.the_server_gets_the_client_s_acknowledgement,
    features.the_server_s_wait_for_an_acknowledgement_times_out,
    features.a_handler_that_throws_is_not_acknowledged_and_harms_nothing,
    features.a_namespace_of_its_own_works_like_the_main_one,
    features.namespaces_of_one_connection_do_not_mix,
    features.the_handshake_s_auth_reaches_the_handlers,
    features.without_auth_the_handshake_s_auth_is_empty,
    features.a_refusal_carries_its_message_and_data,
    features.a_refusal_leaves_the_connection_s_other_namespaces_alone,
    features.an_unknown_namespace_is_refused,
    features.a_thousand_messages_keep_their_order,
    handshake.auth_may_be_a_function,
    acks.a_broadcast_is_acknowledged_by_all,
    acks.a_broadcast_s_result_names_who_failed_and_how,
    acks.a_broadcast_s_answers_are_told_one_by_one_as_they_come,
    dynamic.a_pattern_gives_its_namespaces_typed_parameters,
    dynamic.children_inherit_a_middleware_that_refuses_with_data,
    listeners.the_server_sees_all_events_that_come_and_go,
    listeners.send_is_the_event_message_both_ways,
    rooms.a_broadcast_reaches_the_union_of_rooms_each_socket_once,
    rooms.a_broadcast_leaves_out_rooms_and_who_sends_it,
    rooms.sockets_are_made_to_leave_their_namespace,
}
FEATURE = "MessagePack"
SCENARIOS += [
    dataclasses.replace(one, feature=FEATURE, parser="msgpack") for one in SCENARIOS if one.function in ONCE_MORE
]


def scenario_of_messagepack(function):
    """Registers a function for a server and clients that all speak MessagePack."""
    before = len(SCENARIOS)
    scenario("features", FEATURE)(function)
    SCENARIOS[before:] = [dataclasses.replace(one, parser="msgpack") for one in SCENARIOS[before:]]
    return function


# The format writes each in the fewest bytes: around each of its steps.
WHOLE = [sign * (2**bits + step) for bits in (5, 7, 8, 15, 16, 31, 32, 53) for step in (-1, 0) for sign in (1, -1)]
FRACTIONS = [0.5, -1.25, 1e300, 5e-324, 0.1]
LENGTHS = [0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536]


@scenario_of_messagepack
async def numbers_of_every_width_come_back(stage):
    peer = await stage.peer()
    equal(await peer.call("message-with-ack", WHOLE, FRACTIONS), [WHOLE, FRACTIONS])
    await peer.emit("message", WHOLE, FRACTIONS)
    equal(await peer.expect("message-back"), [WHOLE, FRACTIONS])


@scenario_of_messagepack
async def texts_bytes_lists_and_maps_of_every_length_come_back(stage):
    peer = await stage.peer()
    for length in LENGTHS:
        for value in ("é" * length, b"\xc1" * length, [None] * length, {str(key): key for key in range(length)}):
            equal(await peer.call("message-with-ack", value), [value], f"{type(value).__name__} of {length}")


@scenario("features", FEATURE)
async def a_client_with_the_other_parser_is_disconnected(stage):
    server = stage.own_server("--parser msgpack")
    peer = stage.new_peer(server.url)
    try:
        await peer.connect(["/"])
    except socketio.exceptions.ConnectionError:
        pass
    else:
        raise AssertionError("expected no connection, got one")
    assert not peer.client.connected, "expected the client to be disconnected"
