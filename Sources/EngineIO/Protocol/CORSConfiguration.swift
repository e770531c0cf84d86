/// Cross-origin resource sharing: what browsers are told about requests from other origins' pages.
public import HTTPTypes

/// Which origins may use the server, and what browsers let their pages see and send.
///
/// With the default, `OriginPolicy.sameOrigin`, nothing is shared and no field is sent. Any other policy lets the
/// server answer preflights and name the allowed origin in every response, with the same fields as Node's `cors` option.
public struct CORSConfiguration: Sendable {
    /// The origins whose pages may use the server.
    public var origins: OriginPolicy

    /// Whether pages may send cookies and other credentials along; off by default.
    ///
    /// Browsers then want the origin by name, so that `OriginPolicy.any` names each request's own.
    public var allowsCredentials: Bool

    /// The methods a preflight allows.
    public var methods: [HTTPRequest.Method]

    /// The request fields a preflight allows; nil, the default, allows whatever it asks for.
    public var allowedHeaders: [HTTPField.Name]?

    /// The response fields scripts may read beyond those that are always readable.
    public var exposedHeaders: [HTTPField.Name]

    /// How long a browser may remember the answer to a preflight; nil leaves it to the browser.
    public var maxAge: Duration?

    /// The status of the answer to a preflight, 204 by default; some old browsers stumble over that and want 200.
    public var preflightStatus: HTTPResponse.Status

    /// Whether the application's responder answers preflights; off by default.
    ///
    /// The fields of a preflight are added to its answer then, and its status is kept.
    public var continuesPreflights: Bool

    /// Makes a configuration; what is left out is as in Node.
    public init(
        origins: OriginPolicy = .sameOrigin,
        allowsCredentials: Bool = false,
        methods: [HTTPRequest.Method] = [.get, .head, .put, .patch, .post, .delete],
        allowedHeaders: [HTTPField.Name]? = nil,
        exposedHeaders: [HTTPField.Name] = [],
        maxAge: Duration? = nil,
        preflightStatus: HTTPResponse.Status = .noContent,
        continuesPreflights: Bool = false
    ) {
        self.origins = origins
        self.allowsCredentials = allowsCredentials
        self.methods = methods
        self.allowedHeaders = allowedHeaders
        self.exposedHeaders = exposedHeaders
        self.maxAge = maxAge
        self.preflightStatus = preflightStatus
        self.continuesPreflights = continuesPreflights
    }
}

// MARK: - What is sent

extension CORSConfiguration {
    /// Whether `OPTIONS` requests are preflights, answered with `preflightFields`.
    var answersPreflights: Bool {
        guard case .sameOrigin = self.origins.rule else { return true }
        return false
    }

    /// The fields of every response to a request that `origins` allows.
    func responseFields(origin: String?) -> HTTPFields {
        var fields = self.originFields(origin: origin)
        guard self.answersPreflights, !self.exposedHeaders.isEmpty else { return fields }
        fields[.accessControlExposeHeaders] = Self.list(self.exposedHeaders)
        return fields
    }

    /// The fields of the refusal of a request that `origins` does not allow: caches must not reuse it for others.
    func refusalFields() -> HTTPFields {
        self.namesOrigin ? [.vary: "Origin"] : [:]
    }

    /// The fields of the answer to a preflight.
    ///
    /// - Parameters:
    ///   - origin: the request's `Origin` field.
    ///   - requestedHeaders: the request's `Access-Control-Request-Headers` field.
    func preflightFields(origin: String?, requestedHeaders: String?) -> HTTPFields {
        var fields = self.responseFields(origin: origin)
        fields[.accessControlAllowMethods] = self.methods.map(\.rawValue).joined(separator: ",")
        if let allowedHeaders {
            fields[.accessControlAllowHeaders] = Self.list(allowedHeaders)
        } else {
            fields[.accessControlAllowHeaders] = requestedHeaders
            fields[.vary] = [fields[.vary], "Access-Control-Request-Headers"].compactMap(\.self).joined(separator: ", ")
        }
        fields[.accessControlMaxAge] = self.maxAge.map { String($0.components.seconds) }
        return fields
    }

    /// Whether the answer depends on who asks; `*` is the same for everybody, but may not come with credentials.
    var namesOrigin: Bool {
        switch self.origins.rule {
        case .sameOrigin: false
        case .any: self.allowsCredentials
        case .sameOriginOrList, .list, .custom: true
        }
    }

    private func originFields(origin: String?) -> HTTPFields {
        var fields = HTTPFields()
        guard self.answersPreflights else { return fields }
        fields[.accessControlAllowOrigin] = self.namesOrigin ? origin : "*"
        fields[.vary] = self.namesOrigin ? "Origin" : nil
        fields[.accessControlAllowCredentials] = self.allowsCredentials ? "true" : nil
        return fields
    }

    private static func list(_ names: [HTTPField.Name]) -> String {
        names.map(\.rawName).joined(separator: ",")
    }
}
