/// The response fields for other origins' pages.
import HTTPTypes
import Testing

@testable import EngineIO

@Suite struct CORSConfigurationTests {
    private static let origin = "https://a.example"

    @Test func `the default sends nothing and answers no preflight`() {
        let configuration = CORSConfiguration(allowsCredentials: true, exposedHeaders: [.eTag])
        #expect(!configuration.answersPreflights)
        #expect(configuration.responseFields(origin: Self.origin) == [:])
        #expect(configuration.refusalFields() == [:])
    }

    @Test(arguments: [Self.origin, nil])
    func `any origin is shown as a star`(_ origin: String?) {
        let configuration = CORSConfiguration(origins: .any)
        #expect(configuration.answersPreflights)
        #expect(configuration.responseFields(origin: origin) == [.accessControlAllowOrigin: "*"])
        #expect(configuration.refusalFields() == [:])
    }

    @Test func `any origin with credentials is shown by name`() {
        let fields = CORSConfiguration(origins: .any, allowsCredentials: true).responseFields(origin: Self.origin)
        #expect(
            fields == [
                .accessControlAllowOrigin: Self.origin, .vary: "Origin", .accessControlAllowCredentials: "true",
            ]
        )
    }

    @Test(arguments: [OriginPolicy.list([Self.origin]), .sameOrigin(and: [Self.origin]), .custom { _ in true }])
    func `a chosen origin is shown by name`(_ origins: OriginPolicy) {
        let configuration = CORSConfiguration(origins: origins)
        let fields = configuration.responseFields(origin: Self.origin)
        #expect(fields == [.accessControlAllowOrigin: Self.origin, .vary: "Origin"])
        #expect(configuration.responseFields(origin: nil) == [.vary: "Origin"])
        #expect(configuration.refusalFields() == [.vary: "Origin"])
    }

    @Test func `exposed headers are listed`() {
        let fields = CORSConfiguration(origins: .any, exposedHeaders: [.eTag, .server]).responseFields(origin: nil)
        #expect(fields == [.accessControlAllowOrigin: "*", .accessControlExposeHeaders: "ETag,Server"])
    }

    @Test func `a preflight is allowed what it asks for`() {
        let configuration = CORSConfiguration(origins: .list([Self.origin]))
        let fields = configuration.preflightFields(origin: Self.origin, requestedHeaders: "x-a, X-B")
        #expect(
            fields == [
                .accessControlAllowOrigin: Self.origin,
                .vary: "Origin, Access-Control-Request-Headers",
                .accessControlAllowMethods: "GET,HEAD,PUT,PATCH,POST,DELETE",
                .accessControlAllowHeaders: "x-a, X-B",
            ]
        )
    }

    @Test func `a preflight that asks for no headers is allowed none`() {
        let fields = CORSConfiguration(origins: .any).preflightFields(origin: Self.origin, requestedHeaders: nil)
        #expect(
            fields == [
                .accessControlAllowOrigin: "*",
                .vary: "Access-Control-Request-Headers",
                .accessControlAllowMethods: "GET,HEAD,PUT,PATCH,POST,DELETE",
            ]
        )
    }

    @Test func `a preflight is answered with what is configured`() {
        let configuration = CORSConfiguration(
            origins: .any,
            methods: [.get, .post],
            allowedHeaders: [.authorization, .contentType],
            maxAge: .seconds(600)
        )
        let fields = configuration.preflightFields(origin: nil, requestedHeaders: "x-a")
        #expect(
            fields == [
                .accessControlAllowOrigin: "*",
                .accessControlAllowMethods: "GET,POST",
                .accessControlAllowHeaders: "Authorization,Content-Type",
                .accessControlMaxAge: "600",
            ]
        )
    }
}
