import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Storage
import Vault

/// What the framework keeps of a request, and from where it came.
struct RequestOrigin: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    var eventLoop: any EventLoop { channel.eventLoop }

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// By which of its addresses the service is asked: people sign in, partners' systems show a certificate.
enum Entrance: Sendable {
    case people, systems
}

/// Takes a request through the same steps, whatever it is: rates, who asks, what is asked, its turn, condition, vault, answer.
struct Responder: Sendable {
    private static let largestInput = 64 << 10
    private static let stepNanoseconds: UInt64 = 5_000_000

    let service: Service
    let route: Route
    var entrance = Entrance.people

    func respond(to request: Request, _ origin: RequestOrigin) async -> Response {
        let began = service.nanoseconds()
        let reference = origin.id
        var answer: Answer
        do {
            answer = try await answerOrProblem(request, origin, reference)
        } catch {
            let problem = Problem(error)
            if let cause = problem.cause { service.log(fault: cause, reference: reference, route: route) }
            answer = problem.answer(reference: reference)
            if problem.status == .notFound, !route.isOpen { await waitForNextStep(since: began) }
            // What is left of a body that is not wanted would be read to its end.
            if hasBody(request) { answer.headers[.connection] = "close" }
        }
        service.observe(route, answer, nanoseconds: service.nanoseconds() - began, reference: reference)
        return service.finished(answer, request)
    }

    /// What is somebody else's takes a few reads more than what is not there. Both are answered at the next of these steps, so that nobody can
    /// tell them apart by a clock.
    private func waitForNextStep(since began: UInt64) async {
        let over = (service.nanoseconds() - began) % Self.stepNanoseconds
        // Harmless when it is cancelled: nobody waits for the answer then.
        try? await Task.sleep(nanoseconds: Self.stepNanoseconds - over)
    }

    private func answerOrProblem(
        _ request: Request, _ origin: RequestOrigin, _ reference: String
    ) async throws -> Answer {
        let network = service.network(request, origin, entrance)
        try service.limits.network.take(route.cost.weight, of: network, at: service.now())
        switch route.access {
        case .anyone(let answer):
            if route.isAttempt {
                try service.limits.attempts.take(1, of: network, at: service.now())
            }
            let call = try await call(request, origin, reference)
            return try await inTurn { try await answer(call) }
        case .signedIn(let answer):
            let caller =
                switch entrance {
                case .people: try await service.person(request)
                case .systems: try await service.system(origin)
                }
            try service.limits.account.take(route.cost.weight, of: caller.person, at: service.now())
            let call = try await call(request, origin, reference)
            return try await inTurn(caller, call) {
                try await check(route.condition, call, caller)
                guard let key = try IdempotencyKey(request, route) else { return try await answer(call, caller) }
                return try await call.once(key, caller) { try await answer(call, caller) }
            }
        }
    }

    private func inTurn(_ caller: Caller, _ call: Call, _ work: () async throws -> Answer) async throws -> Answer {
        if case .unchanged = route.condition {
            let thing = call.parameters.sorted { $0.key < $1.key }.map(\.value).joined(separator: "/")
            return try await service.limits.changes.pass(thing) { try await share(caller, work) }
        }
        return try await share(caller, work)
    }

    private func share(_ caller: Caller, _ work: () async throws -> Answer) async throws -> Answer {
        guard case .upload = route.cost else { return try await inTurn(work) }
        return try await service.limits.uploads.pass(caller.person) { try await inTurn(work) }
    }

    /// Only what has come whole takes a place: a body that comes byte by byte keeps nobody else waiting.
    private func inTurn(_ work: () async throws -> Answer) async throws -> Answer {
        let gate = service.limits.gate(route.cost)
        try await gate.enter()
        defer { gate.leave() }
        guard route.cost == .paper else { return try await work() }
        // Pages are painted on other threads than those that answer everybody.
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await work() }
    }

    private func call(_ request: Request, _ origin: RequestOrigin, _ reference: String) async throws -> Call {
        let query = try query(request)
        for field in route.headers where field.isRequired {
            // An old tus client is told so by the handler, with the versions there are.
            guard let name = HTTPField.Name(field.name), request.headers[name] != nil || name == .tusResumable else {
                throw Problem.malformed("The header \(field.name) is missing.")
            }
        }
        var input = JSON.null
        var form = Form.empty
        switch route.body {
        case .none, .content: break
        case .json(let schema):
            try requireType("application/json", request)
            input = try JSON(parsing: await collect(request))
            if let fault = schema.fault(in: input) { throw Problem.malformed(fault) }
        case .form(let fields):
            try requireType("application/x-www-form-urlencoded", request)
            var bytes = try await collect(request)
            form = try Form(parsing: &bytes, as: fields, ignoringOthers: route.ignoresOthers)
        }
        let parameters = route.parameters.reduce(into: [:]) { $0[$1] = origin.parameters.get($1) ?? "" }
        return Call(
            service: service, request: request, eventLoop: origin.eventLoop, route: route, parameters: parameters,
            query: query, input: input,
            form: form, reference: reference)
    }

    private func query(_ request: Request) throws -> [String: String] {
        var query: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            let known = route.query.first { $0.name == name }
            if known == nil, route.ignoresOthers { continue }
            guard let field = known, query["\(name)"] == nil else {
                throw Problem.malformed("The query has a parameter that is unknown or stands twice.")
            }
            let text = "\(value)"
            // A number in a query is text until here.
            let value = if case .whole = field.schema { Int(text).map { JSON.whole($0) } } else { JSON.text(text) }
            let flag = ["true": true, "false": false][text].map { JSON.flag($0) }
            let read = if case .flag = field.schema { flag } else { value }
            if let fault = field.schema.fault(in: read ?? .null, at: field.name) { throw Problem.malformed(fault) }
            query["\(name)"] = text
        }
        if let missing = route.query.first(where: { $0.isRequired && query[$0.name] == nil }) {
            throw Problem.malformed("`\(missing.name)` is missing from the query.")
        }
        return query
    }

    private func requireType(_ type: String, _ request: Request) throws {
        let sent = request.headers[.contentType]?.split(separator: ";").first.map { $0.lowercased() }
        guard sent?.trimmed == type else { throw Problem.unsupportedType }
    }

    private func collect(_ request: Request) async throws -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > Self.largestInput {
            throw Problem.tooLarge
        }
        var bytes: [UInt8] = []
        for try await part in request.body {
            bytes += part.readableBytesView
            guard bytes.count <= Self.largestInput else { throw Problem.tooLarge }
        }
        try request.requireWhole(bytes.count)
        return bytes
    }

    private func check(_ condition: Route.Condition, _ call: Call, _ caller: Caller) async throws {
        switch condition {
        case .none: return
        case .absent:
            guard call.request.headers[.ifNoneMatch] == "*" else { throw Problem.absenceNeeded }
        case .unchanged, .unchangedWhenKept:
            guard call.request.headers[.ifMatch] != nil else { throw Problem.preconditionNeeded }
            if case .unchanged(let current) = condition { try call.requireMatch(try await current(call, caller)) }
        }
    }

    private func hasBody(_ request: Request) -> Bool {
        request.headers[.transferEncoding] != nil || (request.headers[.contentLength] ?? "0") != "0"
    }
}

/// A list of entity tags, as in If-Match: weak ones match nothing here.
struct EntityTags {
    private let tags: [String]

    init(_ header: String) { tags = header.split(separator: ",").map { String($0).trimmed } }

    func contains(_ tag: String) -> Bool { tags.contains(tag) }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

extension Request {
    /// That a body which has a length came whole. The framework takes a connection that breaks off for its end.
    ///
    /// - Throws: `Problem.malformed`.
    func requireWhole(_ count: Int) throws {
        guard let length = headers[.contentLength].flatMap({ Int($0) }) else { return }
        guard count == length else { throw Problem.malformed("The body broke off.") }
    }
}

extension Route.Cost {
    /// Of a bucket's tokens.
    var weight: Double {
        switch self {
        case .light, .transfer, .upload: 1
        case .heavy: 10
        case .password, .provider, .paper: 20
        }
    }
}
