// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "muniment",
    products: [.executable(name: "muniment", targets: ["muniment"])],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(
            name: "Sealing", dependencies: ["CSodium", "COpenSSL"], swiftSettings: strict + [.strictMemorySafety()]),
        .target(name: "Ledger", dependencies: ["Sealing"], swiftSettings: strict),
        .target(name: "Rules", dependencies: ["Yams"], swiftSettings: strict),
        .target(
            name: "Storage",
            dependencies: ["CLinux", "Sealing", "Ledger", "Rules", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(name: "Vault", dependencies: ["Sealing", "Ledger", "Rules", "Storage"], swiftSettings: strict),
        .executableTarget(
            name: "muniment",
            dependencies: [
                "CLinux", "Vault", "Storage", "Rules", "Ledger", "Sealing",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "muniment-bench",
            dependencies: ["Vault", "Storage", "Rules", "Ledger", "Sealing", "CSodium", "COpenSSL"],
            path: "bench/harness", swiftSettings: strict),
        .systemLibrary(name: "CZlib", path: "Tests/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .testTarget(name: "SealingTests", dependencies: ["Sealing", "CZlib"], swiftSettings: strict),
        .testTarget(
            name: "LedgerTests", dependencies: ["Ledger", "Sealing"], exclude: ["Interop"], swiftSettings: strict),
        .testTarget(name: "RulesTests", dependencies: ["Rules"], swiftSettings: strict),
        .testTarget(
            name: "VaultTests",
            dependencies: [
                "Vault", "Storage", "Rules", "Ledger", "Sealing", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Interop"], swiftSettings: strict),
        .testTarget(name: "ScriptTests", exclude: ["Scripts"], swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
