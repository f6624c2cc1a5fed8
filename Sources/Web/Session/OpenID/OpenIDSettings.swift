import Rules
import Storage

/// The sign-in providers of organisations, as the configuration file has them.
public struct OpenIDSettings: Sendable {
    /// Where browsers reach this service: no path, no `/` at its end.
    public let publicURL: String
    public let providers: [OpenIDProvider]

    /// - Throws: `PolicyError` with file, line and reason.
    init(publicURL: PolicyNode, providers: PolicyNode) throws(PolicyError) {
        let address = try publicURL.text()
        guard let url = WebAddress(address), url.isOrigin else {
            throw publicURL.fault(.expected("https:// and a host, without a path"))
        }
        self.publicURL = address
        var known: [OpenIDProvider] = []
        for node in try providers.list() {
            let provider = try OpenIDProvider(node)
            // By the issuer one could not tell then whose word an identity rests on.
            guard !known.contains(where: { $0.name == provider.name || $0.issuer == provider.issuer }) else {
                throw node.fault(.duplicate(provider.name))
            }
            known.append(provider)
        }
        self.providers = known
    }
}

/// One organisation's OpenID Connect provider, and what its word is worth here.
public struct OpenIDProvider: Sendable {
    public let name: String
    public let issuer: String
    public let clientID: String
    /// Its first line is the client's secret; closed to everybody else.
    public let secretFile: String
    let organisation: OrganisationID
    let roles: ProvidedRoles
    /// Of these the provider must have used one at least (RFC 8176).
    let secondFactors: Set<String>
    /// Asked for beside `openid`.
    let scopes: [String]
    let createsAccounts: Bool

    init(_ node: PolicyNode) throws(PolicyError) {
        let map = try node.map([
            "name", "issuer", "client-id", "client-secret-file", "organisation", "roles", "require-amr", "scopes",
            "creates-accounts",
        ])
        name = try map.required("name").word()
        let issuer = try map.required("issuer")
        self.issuer = try issuer.text()
        guard WebAddress(self.issuer) != nil else {
            throw issuer.fault(.expected("an address with https:// (or http:// on this machine's own loopback)"))
        }
        clientID = try map.required("client-id").text()
        secretFile = try map.required("client-secret-file").path()
        let organisation = try map.required("organisation")
        guard let id = OrganisationID(try organisation.text()) else {
            throw organisation.fault(.expected("an organisation's identifier: 32 hexadecimal digits"))
        }
        self.organisation = id
        roles = try ProvidedRoles(try map.required("roles"))
        secondFactors = try Self.secondFactors(try map.required("require-amr"))
        var scopes: [String] = []
        for scope in try map.optional("scopes")?.list() ?? [] { scopes.append(try scope.word()) }
        self.scopes = scopes
        createsAccounts = try map.optional("creates-accounts")?.flag() ?? false
    }

    private static func secondFactors(_ node: PolicyNode) throws(PolicyError) -> Set<String> {
        var methods: Set<String> = []
        for item in try node.list() {
            let method = try item.text()
            guard !knowledge.contains(method) else {
                throw item.fault(.expected("a method that proves a second factor, such as otp or mfa"))
            }
            methods.insert(method)
        }
        return methods
    }

    /// Methods that say what somebody knows or is thought to be, and so are no second factor.
    private static let knowledge: Set = ["pwd", "password", "pin", "kba", "user", "geo", "rba", "wia", "tel"]
}

/// How a provider's word becomes roles.
enum ProvidedRoles: Sendable {
    case fixed(Set<Role>)
    /// By the values of a claim. A value that is not named gives nothing.
    case mapped(claim: String, [String: Role])

    init(_ node: PolicyNode) throws(PolicyError) {
        let map = try node.map(["fixed", "claim", "values"])
        switch (map.optional("fixed"), map.optional("claim"), map.optional("values")) {
        case (let fixed?, nil, nil):
            var roles: Set<Role> = []
            for item in try fixed.list() { roles.insert(Role(rawValue: try item.word())) }
            self = .fixed(roles)
        case (nil, let claim?, let values?):
            var roles: [String: Role] = [:]
            for item in try values.list() {
                let pair = try item.map(["value", "role"])
                let value = try pair.required("value").text()
                guard roles[value] == nil else { throw item.fault(.duplicate(value)) }
                roles[value] = Role(rawValue: try pair.required("role").word())
            }
            self = .mapped(claim: try claim.text(), roles)
        default: throw node.fault(.expected("fixed, or claim and values"))
        }
    }

    func roles(in claims: JSON) -> Set<Role> {
        switch self {
        case .fixed(let roles): return roles
        case .mapped(let claim, let roles):
            let values = claims[claim].map { $0.text.map { [$0] } ?? $0.items.compactMap(\.text) } ?? []
            return Set(values.compactMap { roles[$0] })
        }
    }
}
