"""A chat client that controls every byte: HTTP/1.1 and RFC 6455 on plain sockets, standard library only."""
