import Foundation
import Rules
import Testing

@testable import Vault

/// Python with the package `fhir.resources`, in an environment of its own that is made once, under `.build`.
private enum Python {
    static let package = "fhir.resources==8.3.0"
    static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    static let environment = tests.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: ".build/python-fhir").path
    static let python = "\(environment)/bin/python3"

    static var isRequired: Bool { ProcessInfo.processInfo.environment["CI"] != nil }

    /// What went wrong while the environment was made; empty when it is there.
    static let fault: String = {
        do {
            let listed = try run([python, "-m", "pip", "freeze"])
            if listed.status == 0, listed.output.contains(package) { return "" }
            for command in [
                ["python3", "-m", "venv", "--clear", environment],
                [python, "-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "15", package],
            ] {
                let (status, output) = try run(command)
                guard status == 0 else { return "\(command.joined(separator: " ")): \(output)" }
            }
            return ""
        } catch {
            return "\(error)"
        }
    }()

    /// Runs a command, and returns its exit status and all that it printed.
    static func run(_ command: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

@Suite(
    "Interoperation with Python's fhir.resources",
    .enabled(if: Python.isRequired || Python.fault.isEmpty, "needs python3-venv and a package index"))
struct ReceiptInteropTests {
    @Test("fhir.resources accepts our consent of every kind, state and capacity")
    func acceptsOurs() throws {
        var files: [String: [UInt8]] = [:]
        for (kind, state) in ReceiptSample.all {
            for capacity in Capacity.allCases {
                files["\(kind)-\(state)-\(capacity)"] = try ReceiptSample.make(kind, state, capacity: capacity).fhirR4()
            }
        }
        files["bare"] = try ReceiptSample.make(.service, recipients: []).fhirR4()
        files["hostile"] = try ReceiptSample.make {
            ["giver", "person"].contains($0) ? "\u{0}\u{1B}\"\\\u{2028} x" : $1
        }
        .fhirR4()
        let (status, output) = try validate(files)
        #expect(status == 0, "\(output)")
        #expect(files.count == 62)
    }

    /// What is changed in a sound consent, and what the validator must say.
    static let altered: [(from: String, to: String, reason: String)] = [
        (#""status" : "active""#, #""status" : "agreed""#, "Consent.status: no such code: agreed"),
        (#""type" : "permit""#, #""type" : "allow""#, "Consent.provision.provision.type: no such code: allow"),
        (#""type" : "permit""#, #""id" : "permit""#, "Consent.provision.provision.type: required in a nested rule"),
        (#""type" : "Organization""#, #""type" : "Patient""#, "Consent.organization: no such target: Patient"),
        (#""dateTime" : "2026-10-01T09:30:00Z""#, #""dateTime" : "1 October""#, "not a Consent: "),
        (#""scope" :"#, #""field" :"#, "not a Consent: "),
        (#""patient" :"#, #""subject" :"#, "not a Consent: "),
        (#""end" : "2027-09-30""#, #""end" : "2027-09-31""#, "not a Consent: "),
    ]

    @Test("the check refuses what is not a Consent, and for that reason", arguments: altered)
    func refusesAltered(from: String, to: String, reason: String) throws {
        let sound = String(decoding: try ReceiptSample.make().fhirR4(), as: UTF8.self)
        let (status, output) = try validate(["altered": Array(sound.replacing(from, with: to).utf8)])
        #expect(status == 1)
        #expect(output.contains("altered: \(reason)"), "\(output)")
    }

    private func validate(_ files: [String: [UInt8]]) throws -> (status: Int32, output: String) {
        try #require(Python.fault.isEmpty, "\(Python.fault)")
        let folder = try Fixture.scratchFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let paths = try files.sorted { $0.key < $1.key }.map { name, bytes in
            let file = folder.appending(path: name)
            try Data(bytes).write(to: file)
            return file.path
        }
        return try Python.run([Python.python, Python.tests.appending(path: "Interop/validate_fhir.py").path] + paths)
    }
}
