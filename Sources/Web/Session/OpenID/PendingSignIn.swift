import Sealing
import Storage
import Synchronization

/// A sign-in that was begun and not yet ended: in the browser's cookie, sealed, so that whoever begins many fills nothing here.
struct PendingSignIn: Sendable {
    static let seconds: Int64 = 600

    let provider: String
    let state: String
    let nonce: String
    let verifier: String
    let ends: Instant

    init(provider: String, random: RandomSource, at now: Instant) {
        func text() -> String { String(decoding: Base64URL.encode(random.bytes(32)), as: UTF8.self) }
        self.provider = provider
        state = text()
        nonce = text()
        verifier = text()
        ends = now.adding(seconds: Self.seconds)
    }

    /// The PKCE challenge (RFC 7636, S256).
    var challenge: String {
        String(decoding: Base64URL.encode(Digest.sha256(Array(verifier.utf8)).bytes), as: UTF8.self)
    }

    private static let facts = Facts("openid-sign-in")

    func sealed(under key: Key, random: RandomSource) -> String {
        let parts = [provider, state, nonce, verifier, String(ends.milliseconds)].map { Array($0.utf8) }
        return String(
            decoding: Base64URL.encode(key.seal(Facts.list(parts), Self.facts, random: random)), as: UTF8.self)
    }

    init(sealed text: String, under key: Key) throws(SignInFault) {
        guard let bytes = Base64URL.decode(Array(text.utf8)), let opened = try? key.open(bytes, Self.facts),
            let parts = Facts.parts(opened)?.map({ String(decoding: $0, as: UTF8.self) }), parts.count == 5,
            let milliseconds = Int64(parts[4])
        else { throw .state }
        (provider, state, nonce, verifier) = (parts[0], parts[1], parts[2], parts[3])
        ends = Instant(milliseconds: milliseconds)
    }
}

/// What works once, remembered for as long as it would work.
final class SpentOnce: Sendable {
    private let spent = Mutex<[Digest: Instant]>([:])
    private let most: Int

    init(most: Int) { self.most = most }

    func isSpent(_ name: String, at now: Instant) -> Bool {
        let digest = Digest.sha256(Array(name.utf8))
        return spent.withLock { $0[digest].map { now <= $0 } ?? false }
    }

    /// - Throws: `fault` when it was spent before; `.tooManyStates` when no more can be remembered, since what is forgotten would work again.
    func spend(_ name: String, until end: Instant, at now: Instant, or fault: SignInFault) throws(SignInFault) {
        let digest = Digest.sha256(Array(name.utf8))
        let refusal: SignInFault? = spent.withLock { spent in
            if spent.count >= most { spent = spent.filter { now <= $0.value } }
            if let known = spent[digest], now <= known { return fault }
            guard spent.count < most else { return .tooManyStates }
            spent[digest] = end
            return nil
        }
        if let refusal { throw refusal }
    }
}
