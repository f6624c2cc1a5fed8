import HTTPTypes
import Rules

/// The description of the service (OpenAPI 3.1), made from the table of routes.
enum OpenAPI {
    /// Made once.
    static let bytes = Result { try JSON.bytes(document) }

    static var document: JSON {
        // OpenAPI has no words for a path of any depth.
        let routes = (Route.all + Route.plain).filter { !$0.path.hasSuffix("**") }
        let schemas = routes.reduce(into: Problem.schema.named) { schemas, route in
            if case .json(let schema) = route.answer { schemas.merge(schema.named) { first, _ in first } }
            if case .json(let schema) = route.body { schemas.merge(schema.named) { first, _ in first } }
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Muniment", "version": "1",
                "description": "A vault for the documents of children with special educational needs.",
                "license": ["name": "See the project", "identifier": "LicenseRef-Muniment"],
            ],
            "paths": .object(
                Dictionary(grouping: routes, by: \.path).mapValues { routes in
                    .object(routes.reduce(into: [:]) { $0[$1.method.rawValue.lowercased()] = operation($1) })
                }),
            "components": [
                "schemas": .object(schemas.mapValues(\.definition)),
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer"],
                    "certificate": [
                        "type": "mutualTLS",
                        "description": "A registered system's client certificate, at the address for systems.",
                    ],
                ],
            ],
        ]
    }

    private static func operation(_ route: Route) -> JSON {
        var members: [String: JSON] = [
            "summary": .text(route.summary), "operationId": .text(identifier(route)),
            "parameters": .list(parameters(route)), "responses": responses(route),
            "security": .list(security(route)),
        ]
        if let body = body(route) { members["requestBody"] = body }
        return .object(members)
    }

    private static func security(_ route: Route) -> [JSON] {
        if route.isOpen { return [] }
        return route.isForSystems ? [["bearer": []], ["certificate": []]] : [["bearer": []]]
    }

    /// `post-v1-cases-case-team`
    private static func identifier(_ route: Route) -> String {
        let words = route.path.split { !$0.isLetter && !$0.isNumber && $0 != "-" }
        return ([route.method.rawValue.lowercased()] + words.map(String.init)).joined(separator: "-")
    }

    private static func parameters(_ route: Route) -> [JSON] {
        let path = route.parameters.map { name in
            parameter(.needed(name, Self.schema(ofParameter: name)), in: "path")
        }
        var headers = route.headers
        switch route.condition {
        case .none: break
        case .unchanged, .unchangedWhenKept:
            headers.append(.needed("If-Match", .text(1...200), "The ETag that you read."))
        case .absent: headers.append(.needed("If-None-Match", .choice(["*"])))
        }
        if route.takesKey {
            headers.append(
                .optional(
                    "Idempotency-Key", .text(8...128, of: .visible),
                    "Send again with the same: it is done once."))
        }
        return path + route.query.map { parameter($0, in: "query") } + headers.map { parameter($0, in: "header") }
    }

    private static func schema(ofParameter name: String) -> Schema {
        switch name {
        case "rendition": .text(1...80)
        case "provider": .word
        case "index": .count
        case "item": .whole(1...RightsItems.most)
        default: .id
        }
    }

    private static func parameter(_ field: Schema.Field, in place: String) -> JSON {
        var members: [String: JSON] = [
            "name": .text(field.name), "in": .text(place), "required": .flag(field.isRequired),
            "schema": field.schema.openAPI,
        ]
        if let note = field.note { members["description"] = .text(note) }
        return .object(members)
    }

    private static func body(_ route: Route) -> JSON? {
        switch route.body {
        case .none: nil
        case .json(let schema):
            ["required": true, "content": ["application/json": ["schema": schema.openAPI]]]
        case .form(let fields):
            [
                "required": true,
                "content": [
                    "application/x-www-form-urlencoded": [
                        "schema": Schema.object(fields.map(\.schema)).openAPI
                    ]
                ],
            ]
        case .content(let type):
            [
                "required": true,
                "content": .object(
                    (type.map { [$0] } ?? MediaType.all).reduce(into: [:]) {
                        $0[$1] = ["schema": ["type": "string", "format": "binary"]]
                    }),
            ]
        }
    }

    private static func responses(_ route: Route) -> JSON {
        var responses: [String: JSON] = [String(route.status.code): done(route)]
        if case .bytes = route.answer, !route.headers.isEmpty { responses["206"] = done(route) }
        for status in refusals(route) {
            responses[String(status.code)] = [
                "description": .text(status.reasonPhrase),
                "content": ["application/problem+json": ["schema": Problem.schema.openAPI]],
            ]
        }
        return .object(responses)
    }

    private static func done(_ route: Route) -> JSON {
        switch route.answer {
        case .nothing: ["description": "Done."]
        case .json(let schema):
            ["description": "Done.", "content": ["application/json": ["schema": schema.openAPI]]]
        case .bytes(let type): ["description": "Done.", "content": [type: ["schema": [:]]]]
        }
    }

    private static func refusals(_ route: Route) -> [HTTPResponse.Status] {
        var statuses: [HTTPResponse.Status] = [
            .badRequest, .notFound, .tooManyRequests, .internalServerError, .serviceUnavailable,
        ]
        if !route.isOpen || route.cost == .password || route.cost == .provider {
            statuses += [.unauthorized, .forbidden]
        }
        if case .none = route.body {
        } else {
            statuses += [.contentTooLarge, .unsupportedMediaType, .unprocessableContent, .conflict]
        }
        if route.takesKey { statuses += [.conflict, .unprocessableContent] }
        if !route.query.isEmpty { statuses.append(.unprocessableContent) }
        if case .content = route.body { statuses.append(.init(code: 507, reasonPhrase: "Insufficient Storage")) }
        switch route.condition {
        case .none: break
        case .unchanged, .unchangedWhenKept, .absent: statuses += [.preconditionRequired, .preconditionFailed]
        }
        if route.headers.contains(where: { $0.name == "Tus-Resumable" }) { statuses.append(.preconditionFailed) }
        return statuses + route.refusals
    }
}

extension Schema {
    /// What stands under the schema's own name.
    fileprivate var definition: JSON {
        if case .named(_, let schema) = self { schema.openAPI } else { openAPI }
    }
}

extension Form.Field {
    fileprivate var schema: Schema.Field {
        let value: Schema = choices.isEmpty ? .text(1...longest) : .choice(choices)
        return isRequired ? .needed(name, value) : .optional(name, value)
    }
}
