internal import CToken

/// A PKCS#11 module that has been started.
@safe struct TokenModule {
    private typealias GetFunctions =
        @convention(c) (UnsafeMutablePointer<UnsafeMutablePointer<CK_FUNCTION_LIST>?>?) -> CK_RV
    private let functions: UnsafeMutablePointer<CK_FUNCTION_LIST>

    /// Loads and starts the module. It stays loaded: modules leave threads and exit handlers behind.
    init(path: String) throws(SealingError) {
        // Without a slash the system would search its own places, and an empty path is this program itself.
        guard path.hasPrefix("/"), let library = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL),
            let symbol = unsafe dlsym(library, "C_GetFunctionList")
        else { throw .token(.moduleNotLoadable) }
        var list: UnsafeMutablePointer<CK_FUNCTION_LIST>?
        let code = unsafe unsafeBitCast(symbol, to: GetFunctions.self)(&list)
        guard code == CKR_OK, let list = unsafe list, unsafe list.pointee.version.major == 2 else {
            throw .token(.moduleNotLoadable)
        }
        unsafe functions = list
        var arguments = unsafe CK_C_INITIALIZE_ARGS()
        unsafe arguments.flags = CK_FLAGS(CKF_OS_LOCKING_OK)
        unsafe try check("C_Initialize", list.pointee.C_Initialize(&arguments))
    }

    func finish() { _ = unsafe functions.pointee.C_Finalize(nil) }

    func slot(labelled label: String) throws(SealingError) -> CK_SLOT_ID {
        var count: CK_ULONG = 0
        unsafe try check("C_GetSlotList", functions.pointee.C_GetSlotList(CK_BBOOL(CK_TRUE), nil, &count))
        var slots = [CK_SLOT_ID](repeating: 0, count: Int(count))
        unsafe try check("C_GetSlotList", functions.pointee.C_GetSlotList(CK_BBOOL(CK_TRUE), &slots, &count))
        let spaces = [UInt8](repeating: UInt8(ascii: " "), count: max(0, 32 - label.utf8.count))
        let padded = Array(label.utf8) + spaces
        var found: [CK_SLOT_ID] = []
        for slot in slots.prefix(Int(count)) {
            let info = try info(slot)
            if unsafe withUnsafeBytes(of: info.label, { unsafe $0.elementsEqual(padded) }) { found.append(slot) }
        }
        guard let slot = found.first else { throw .token(.tokenAbsent) }
        guard found.count == 1 else { throw .token(.tokenAmbiguous) }
        return slot
    }

    /// Opens a session with a token whose PIN may still be tried.
    func visit(_ slot: CK_SLOT_ID, _ flags: CK_FLAGS) throws(SealingError) -> TokenVisit {
        if let fault = Self.fault(beforeLogin: try info(slot).flags) { throw .token(fault) }
        var session: CK_SESSION_HANDLE = 0
        let flags = flags | CK_FLAGS(CKF_SERIAL_SESSION)
        unsafe try check("C_OpenSession", functions.pointee.C_OpenSession(slot, flags, nil, nil, &session))
        return unsafe TokenVisit(functions: functions, session: session)
    }

    /// A service that is started again and again with a wrong PIN must not be what locks the token.
    static func fault(beforeLogin flags: CK_FLAGS) -> TokenFault? {
        if flags & CK_FLAGS(CKF_USER_PIN_LOCKED) != 0 { return .pinLocked }
        return flags & CK_FLAGS(CKF_USER_PIN_FINAL_TRY) != 0 ? .lastTry : nil
    }

    private func info(_ slot: CK_SLOT_ID) throws(SealingError) -> CK_TOKEN_INFO {
        var info = CK_TOKEN_INFO()
        unsafe try check("C_GetTokenInfo", functions.pointee.C_GetTokenInfo(slot, &info))
        return info
    }
}

/// A session with a token.
@safe struct TokenVisit {
    private let functions: UnsafeMutablePointer<CK_FUNCTION_LIST>
    private let session: CK_SESSION_HANDLE

    fileprivate init(functions: UnsafeMutablePointer<CK_FUNCTION_LIST>, session: CK_SESSION_HANDLE) {
        unsafe self.functions = functions
        self.session = session
    }

    func logIn(_ pin: borrowing SecretBytes) throws(SealingError) {
        let code = unsafe pin.withUnsafeBytes { pin in
            unsafe functions.pointee.C_Login(
                session, CK_USER_TYPE(CKU_USER), UnsafeMutablePointer(mutating: pin.start), CK_ULONG(pin.count))
        }
        switch code {
        case CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE: throw .token(.wrongPIN)
        case CKR_PIN_LOCKED: throw .token(.pinLocked)
        default: try check("C_Login", code)
        }
    }

    func logOut() { _ = unsafe functions.pointee.C_Logout(session) }

    /// The one key of this label that wraps, and cannot have left the token.
    func key(labelled label: String) throws(SealingError) -> CK_OBJECT_HANDLE {
        let found = try keys(.wrapping(labelled: label))
        guard let key = found.first else { throw .token(.keyAbsent) }
        guard found.count == 1 else { throw .token(.keyAmbiguous) }
        return key
    }

    /// At most two.
    func keys(_ template: TokenTemplate) throws(SealingError) -> [CK_OBJECT_HANDLE] {
        unsafe try template.withAttributes { attributes, count throws(SealingError) in
            unsafe try check("C_FindObjectsInit", functions.pointee.C_FindObjectsInit(session, attributes, count))
        }
        var found: [CK_OBJECT_HANDLE] = [0, 0]
        var count: CK_ULONG = 0
        let code = unsafe functions.pointee.C_FindObjects(session, &found, 2, &count)
        _ = unsafe functions.pointee.C_FindObjectsFinal(session)
        try check("C_FindObjects", code)
        return Array(found.prefix(Int(count)))
    }

    func makeKey(_ label: String) throws(SealingError) {
        var mechanism = unsafe CK_MECHANISM(
            mechanism: CK_MECHANISM_TYPE(CKM_AES_KEY_GEN), pParameter: nil, ulParameterLen: 0)
        var key: CK_OBJECT_HANDLE = 0
        unsafe try TokenTemplate.new(labelled: label).withAttributes { attributes, count throws(SealingError) in
            unsafe try check(
                "C_GenerateKey", functions.pointee.C_GenerateKey(session, &mechanism, attributes, count, &key))
        }
    }

    func encrypt(
        _ secret: Key, under key: CK_OBJECT_HANDLE, iv: [UInt8], facts: [UInt8]
    ) throws(SealingError) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: TokenWrap.textCount)
        var count = CK_ULONG(text.count)
        unsafe try withGCM(iv, facts) { mechanism throws(SealingError) in
            unsafe try check("C_EncryptInit", functions.pointee.C_EncryptInit(session, mechanism, key))
            let code = unsafe secret.secret.withUnsafeBytes { secret in
                unsafe functions.pointee.C_Encrypt(
                    session, UnsafeMutablePointer(mutating: secret.start), CK_ULONG(secret.count), &text, &count)
            }
            try check("C_Encrypt", code)
        }
        guard count == TokenWrap.textCount else { throw .token(.refused(step: "C_Encrypt", code: UInt(count))) }
        return text
    }

    func decrypt(_ wrap: TokenWrap, under key: CK_OBJECT_HANDLE, facts: [UInt8]) throws(SealingError) -> Key {
        var text = wrap.text
        var count = CK_ULONG(text.count)
        // Modules want room for as much as they are given, though the tag is not part of what they return.
        let opened = unsafe try SecretBytes(count: text.count) { out throws(SealingError) in
            unsafe try withGCM(wrap.iv, facts) { mechanism throws(SealingError) in
                unsafe try check("C_DecryptInit", functions.pointee.C_DecryptInit(session, mechanism, key))
                try Self.checkOpened(
                    unsafe functions.pointee.C_Decrypt(
                        session, &text, CK_ULONG(text.count), out.start, &count))
            }
        }
        guard count == SecretBytes.keyCount else { throw .token(.wrapRefused) }
        return Key(
            unsafe try SecretBytes(count: SecretBytes.keyCount) { out throws(SealingError) in
                unsafe opened.withUnsafeBytes {
                    unsafe out.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<SecretBytes.keyCount]))
                }
            })
    }

    private static func checkOpened(_ code: CK_RV) throws(SealingError) {
        switch code {
        // SoftHSM says the last of these of a wrong tag.
        case CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE, CKR_GENERAL_ERROR: throw .token(.wrapRefused)
        default: try check("C_Decrypt", code)
        }
    }

    private func withGCM(
        _ iv: [UInt8], _ facts: [UInt8], _ body: (UnsafeMutablePointer<CK_MECHANISM>) throws(SealingError) -> Void
    ) throws(SealingError) {
        var iv = iv
        var facts = facts
        unsafe try iv.withUnsafeMutableBufferPointer { iv throws(SealingError) in
            unsafe try facts.withUnsafeMutableBufferPointer { facts throws(SealingError) in
                var parameters = unsafe CK_GCM_PARAMS(
                    pIv: iv.baseAddress, ulIvLen: CK_ULONG(iv.count), ulIvBits: CK_ULONG(8 * iv.count),
                    pAAD: facts.baseAddress, ulAADLen: CK_ULONG(facts.count), ulTagBits: 128)
                unsafe try withUnsafeMutablePointer(to: &parameters) { parameters throws(SealingError) in
                    var mechanism = unsafe CK_MECHANISM(
                        mechanism: CK_MECHANISM_TYPE(CKM_AES_GCM), pParameter: parameters,
                        ulParameterLen: CK_ULONG(MemoryLayout<CK_GCM_PARAMS>.size))
                    unsafe try body(&mechanism)
                }
            }
        }
    }
}

/// Attributes of a key, to make or to find it by.
struct TokenTemplate {
    private var attributes: [(kind: CK_ATTRIBUTE_TYPE, value: [UInt8])] = []

    static func secret(labelled label: String) -> TokenTemplate {
        var template = TokenTemplate()
        template.set(CKA_CLASS, CK_ULONG(CKO_SECRET_KEY))
        template.attributes.append((CK_ATTRIBUTE_TYPE(CKA_LABEL), Array(label.utf8)))
        return template
    }

    /// What the token says of a key that was made on it and never could leave it. One brought from outside is not found.
    static func wrapping(labelled label: String) -> TokenTemplate {
        var template = common(label)
        for kind in [CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE] { template.set(kind, true) }
        return template
    }

    private static func common(_ label: String) -> TokenTemplate {
        var template = secret(labelled: label)
        template.set(CKA_KEY_TYPE, CK_ULONG(CKK_AES))
        template.set(CKA_VALUE_LEN, CK_ULONG(SecretBytes.keyCount))
        for kind in [CKA_TOKEN, CKA_PRIVATE, CKA_SENSITIVE, CKA_ENCRYPT, CKA_DECRYPT] { template.set(kind, true) }
        template.set(CKA_EXTRACTABLE, false)
        return template
    }

    static func new(labelled label: String) -> TokenTemplate {
        var template = common(label)
        // Its one use: nothing else is to be signed with it or copied off the token under it.
        for kind in [CKA_WRAP, CKA_UNWRAP, CKA_SIGN, CKA_VERIFY, CKA_DERIVE, CKA_MODIFIABLE] {
            template.set(kind, false)
        }
        return template
    }

    private mutating func set(_ kind: UInt, _ value: CK_ULONG) {
        attributes.append((kind, unsafe withUnsafeBytes(of: value) { unsafe [UInt8]($0) }))
    }

    private mutating func set(_ kind: UInt, _ value: Bool) { attributes.append((kind, [value ? 1 : 0])) }

    func withAttributes(
        _ body: (UnsafeMutablePointer<CK_ATTRIBUTE>, CK_ULONG) throws(SealingError) -> Void
    ) throws(SealingError) {
        // Each value begins at a multiple of eight bytes: modules read numbers where they lie.
        let padded = attributes.map { $0.value + [UInt8](repeating: 0, count: -$0.value.count & 7) }
        var values = padded.flatMap { $0 }
        unsafe try values.withUnsafeMutableBufferPointer { values throws(SealingError) in
            var next = unsafe UnsafeMutableRawBufferPointer(values).start
            var list: [CK_ATTRIBUTE] = unsafe []
            for (kind, value) in attributes {
                unsafe list.append(CK_ATTRIBUTE(type: kind, pValue: next, ulValueLen: CK_ULONG(value.count)))
                unsafe next += (value.count + 7) & ~7
            }
            unsafe try body(&list, CK_ULONG(list.count))
        }
    }
}

private func check(_ step: String, _ code: CK_RV) throws(SealingError) {
    guard code == CKR_OK else { throw .token(.refused(step: step, code: UInt(code))) }
}
