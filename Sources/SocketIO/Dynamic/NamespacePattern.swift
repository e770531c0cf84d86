/// Patterns for the names of namespaces, with parameters.

/// A parameter of a pattern, and its type.
///
/// A name has a value in one spelling only: `5` is an `Int`, `05` and `+5` are none, so that two names never mean the
/// same.
public struct NamespaceParameter<Value: LosslessStringConvertible & Sendable>: Sendable {
    /// The parameter's name in the pattern.
    public let name: String

    /// Creates a parameter.
    ///
    /// - Parameter name: Its name in the pattern.
    public init(_ name: String) {
        self.name = name
    }

    /// The value that a text stands for, if it is the text of one.
    static func value(of text: String) -> Value? {
        guard let value = Value(text), value.description.utf8.elementsEqual(text.utf8) else { return nil }
        return value
    }
}

/// A pattern that the names of namespaces match as a whole.
///
/// ```swift
/// let room = NamespaceParameter<Int>("room")
/// let pattern: NamespacePattern = "/org/{org}/room/\(room)"
/// ```
/// `{name}` takes any text; an interpolated ``NamespaceParameter`` takes the texts of its type. Each matches one or more
/// characters between two slashes, behind and before what else the pattern has there (`/user-{id}`), and never a control
/// character. There may be one between two slashes. Everything else stands for itself, byte by byte: names are no URLs,
/// `%20` is three characters. A missing leading slash is added.
public struct NamespacePattern: Sendable, ExpressibleByStringInterpolation {
    /// What stands between two slashes.
    fileprivate struct Segment: Sendable {
        var prefix = ""
        var parameter: Parameter?
        var suffix = ""
    }

    fileprivate struct Parameter: Sendable {
        var name: String
        var accepts: @Sendable (String) -> Bool
    }

    fileprivate var segments: [Segment]
    /// What is wrong with the pattern, if anything.
    let fault: String?

    /// Creates a pattern.
    ///
    /// - Parameter text: The pattern; a fault in it is thrown where the pattern is used.
    public init(_ text: String) {
        self.init(stringLiteral: text)
    }

    /// Creates a pattern from a literal.
    ///
    /// - Parameter value: The pattern.
    public init(stringLiteral value: String) {
        var pieces = StringInterpolation(literalCapacity: 0, interpolationCount: 0)
        pieces.appendLiteral(value)
        self.init(stringInterpolation: pieces)
    }

    /// Creates a pattern from a literal with parameters.
    ///
    /// - Parameter stringInterpolation: The pieces.
    public init(stringInterpolation: StringInterpolation) {
        var builder = stringInterpolation
        builder.finish()
        self.segments = builder.segments
        self.fault = builder.fault
    }

    /// Matches a name.
    ///
    /// - Returns: The parameters' texts, or `nil` when the name does not match.
    func match(_ name: String) -> NamespaceParameters? {
        let texts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard texts.count == self.segments.count else { return nil }
        var parameters = NamespaceParameters()
        for (segment, text) in zip(self.segments, texts) {
            guard segment.matches(text, adding: &parameters) else { return nil }
        }
        return parameters
    }
}

extension NamespacePattern.Segment {
    func matches(_ text: Substring.UTF8View, adding parameters: inout NamespaceParameters) -> Bool {
        guard let parameter = self.parameter else { return text.elementsEqual(self.prefix.utf8) }
        let fixed = self.prefix.utf8.count + self.suffix.utf8.count
        guard text.count > fixed, text.starts(with: self.prefix.utf8),
            text.suffix(self.suffix.utf8.count).elementsEqual(self.suffix.utf8)
        else { return false }
        let middle = text.dropFirst(self.prefix.utf8.count).dropLast(self.suffix.utf8.count)
        guard !middle.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return false }
        // The cuts are between whole characters of valid UTF-8, unless the name is something else; then none match.
        guard let value = String(middle), parameter.accepts(value) else { return false }
        parameters.append(parameter.name, value)
        return true
    }
}

extension NamespacePattern {
    /// Collects the pieces of a pattern.
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var segments = [Segment()]
        fileprivate var fault: String?
        private var names: Set<String> = []

        /// Starts without pieces.
        ///
        /// - Parameters:
        ///   - literalCapacity: Not used.
        ///   - interpolationCount: Not used.
        public init(literalCapacity: Int, interpolationCount: Int) {}

        /// Adds text, which may hold parameters in braces.
        ///
        /// - Parameter literal: The text.
        public mutating func appendLiteral(_ literal: String) {
            // By scalars: a slash stays one whatever mark follows it, as on the wire.
            var rest = literal.unicodeScalars[...]
            while let scalar = rest.popFirst() {
                switch scalar {
                case "/": self.segments.append(Segment())
                case "{": self.appendParameter(from: &rest)
                case "}": self.fault = self.fault ?? "expected { before }"
                default: self.append(scalar)
                }
            }
        }

        /// Adds a parameter with a type.
        ///
        /// - Parameter parameter: The parameter.
        public mutating func appendInterpolation<Value>(_ parameter: NamespaceParameter<Value>) {
            self.append(Parameter(name: parameter.name) { NamespaceParameter<Value>.value(of: $0) != nil })
        }

        private mutating func appendParameter(from rest: inout Substring.UnicodeScalarView) {
            guard let end = rest.firstIndex(of: "}") else {
                self.fault = self.fault ?? "expected } behind {"
                return
            }
            self.append(Parameter(name: String(rest[..<end])) { _ in true })
            rest = rest[rest.index(after: end)...]
        }

        private mutating func append(_ parameter: Parameter) {
            let last = self.segments.count - 1
            let name = parameter.name
            if name.isEmpty || name.utf8.contains(where: "{/".utf8.contains) {
                self.fault = self.fault ?? "expected a parameter's name, found \(name.debugDescription)"
            } else if self.segments[last].parameter != nil {
                self.fault = self.fault ?? "expected one parameter between two slashes, found another: \(name)"
            } else if !self.names.insert(name).inserted {
                self.fault = self.fault ?? "expected each parameter once, found another \(name)"
            }
            self.segments[last].parameter = parameter
        }

        private mutating func append(_ scalar: Unicode.Scalar) {
            let last = self.segments.count - 1
            if self.segments[last].parameter == nil {
                self.segments[last].prefix.unicodeScalars.append(scalar)
            } else {
                self.segments[last].suffix.unicodeScalars.append(scalar)
            }
        }

        /// Adds a missing leading slash.
        fileprivate mutating func finish() {
            let first = self.segments[0]
            if !first.prefix.isEmpty || first.parameter != nil || self.segments.count == 1 {
                self.segments.insert(Segment(), at: 0)
            }
        }
    }
}
