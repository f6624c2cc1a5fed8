import Storage

/// Where a provider does what, as its discovery document says.
struct ProviderEndpoints: Sendable {
    let authorisation: WebAddress
    let token: WebAddress
    let keys: WebAddress
    let algorithms: Set<TokenAlgorithm>
    /// It names itself in what it sends back through the browser (RFC 9207).
    let namesItself: Bool

    /// - Throws: `.metadata` when the document is another issuer's, or leads to where clear text would be read by others.
    init(_ json: JSON, of issuer: String) throws(SignInFault) {
        guard json["issuer"]?.text == issuer else { throw .metadata }
        authorisation = try Self.address(json["authorization_endpoint"], issuer)
        token = try Self.address(json["token_endpoint"], issuer)
        keys = try Self.address(json["jwks_uri"], issuer)
        let announced = json["id_token_signing_alg_values_supported"]?.items.compactMap(\.text)
        algorithms = Set((announced ?? ["RS256"]).compactMap(TokenAlgorithm.init(rawValue:)))
        namesItself = json["authorization_response_iss_parameter_supported"]?.flag ?? false
        if let methods = json["code_challenge_methods_supported"], !methods.items.contains("S256") { throw .metadata }
    }

    private static func address(_ json: JSON?, _ issuer: String) throws(SignInFault) -> WebAddress {
        guard let address = json?.text.flatMap(WebAddress.init), let issuer = WebAddress(issuer),
            address.text.hasPrefix("https:") || issuer.isLoopback
        else { throw .metadata }
        return address
    }
}

/// What a provider publishes of itself, kept for ten minutes.
actor ProviderDocuments {
    private static let keptSeconds: Int64 = 600
    /// How soon a key that is not known has the keys fetched again: whoever makes names of keys up must not make us ask for each.
    private static let refetchSeconds: Int64 = 60
    private static let mostKeys = 100
    /// For how long a provider that failed is not asked again.
    private static let pauseSeconds: Int64 = 10

    private let issuer: String
    private let http: ProviderClient
    private var endpoints: (value: ProviderEndpoints, until: Instant)?
    private var keys: (value: [JSON], until: Instant)?
    private var refetched: Instant?
    private var failed: (fault: SignInFault, until: Instant)?

    init(issuer: String, http: ProviderClient) {
        self.issuer = issuer
        self.http = http
    }

    func endpoints(at now: Instant) async throws -> ProviderEndpoints {
        if let endpoints, now < endpoints.until { return endpoints.value }
        let trimmed = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let json = try await get(trimmed + "/.well-known/openid-configuration", at: now)
        let value = try ProviderEndpoints(json, of: issuer)
        endpoints = (value, now.adding(seconds: Self.keptSeconds))
        return value
    }

    /// The key that a token names. Without a name there must be one key that fits, and no other.
    func key(of token: SignedToken, at now: Instant) async throws -> TokenKey {
        let endpoints = try await endpoints(at: now)
        guard endpoints.algorithms.contains(token.algorithm) else { throw SignInFault.algorithm }
        if let key = try await key(of: token, among: try await kept(endpoints, at: now)) { return key }
        guard refetched.map({ now >= $0.adding(seconds: Self.refetchSeconds) }) ?? true else {
            throw SignInFault.key
        }
        // Before waiting, or those who come meanwhile would all fetch.
        refetched = now
        guard let key = try await key(of: token, among: try await fetchKeys(endpoints, at: now)) else {
            throw SignInFault.key
        }
        return key
    }

    private func key(of token: SignedToken, among keys: [JSON]) async throws -> TokenKey? {
        var found: [TokenKey] = []
        for json in keys where token.keyName == nil || json["kid"]?.text == token.keyName {
            if let key = await TokenKey(json, for: token.algorithm) { found.append(key) }
        }
        guard found.count <= 1 else { throw SignInFault.key }
        return found.first
    }

    private func kept(_ endpoints: ProviderEndpoints, at now: Instant) async throws -> [JSON] {
        if let keys, now < keys.until { return keys.value }
        return try await fetchKeys(endpoints, at: now)
    }

    private func get(_ address: String, at now: Instant) async throws -> JSON {
        if let failed, now < failed.until { throw failed.fault }
        do {
            return try await http.get(address)
        } catch let fault as SignInFault {
            failed = (fault, now.adding(seconds: Self.pauseSeconds))
            throw fault
        }
    }

    private func fetchKeys(_ endpoints: ProviderEndpoints, at now: Instant) async throws -> [JSON] {
        let fetched = try await get(endpoints.keys.text, at: now)["keys"]?.items ?? []
        guard fetched.count <= Self.mostKeys else { throw SignInFault.answer }
        keys = (fetched, now.adding(seconds: Self.keptSeconds))
        return fetched
    }
}
