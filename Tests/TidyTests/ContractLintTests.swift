internal import Foundation
internal import Testing

/// Names and comments of the contract, by `.ci/lint-proto`.
@Suite struct ContractLintTests {
  private let repository = Repository()

  @Test func theContractIsInOrder() throws {
    let (status, output) = try lint([])
    #expect(status == 0, "\(output)")
  }

  @Test func everyRuleFindsItsBreach() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("postern-lint-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("other"), withIntermediateDirectories: true)
    let wide = String(repeating: "x", count: 100)
    try """
    syntax = "proto3";
    package sample.Words;
    // \(wide)
    message lower_case { string userID = 1; oneof Choice { string a = 2; } }
    enum Kind { option allow_alias = true; KIND_NONE = 0; OTHER = 1; KIND_mixed = 1; }
    service Things {
      rpc getThing(lower_case) returns (lower_case);
    }
    """.write(
      to: folder.appendingPathComponent("other/Bad.proto"), atomically: true, encoding: .utf8)
    let (status, output) = try lint([folder.path, "other/Bad.proto"])
    #expect(status != 0)
    for problem in [
      "other/Bad.proto: is not in the folder of its package `sample.Words`",
      "other/Bad.proto: the package ends in no version",
      "other/Bad.proto: the package is not lower_snake_case",
      "other/Bad.proto: the name of the file is not lower_snake_case",
      "sample.Words.lower_case: is no UpperCamelCase",
      "sample.Words.lower_case.userID: has no comment",
      "sample.Words.lower_case.userID: is not lower_snake_case",
      "sample.Words.lower_case.Choice: is not lower_snake_case",
      "sample.Words.Kind: has no comment", "sample.Words.Kind: gives a number twice",
      "sample.Words.Kind.KIND_NONE: is zero and not `KIND_UNSPECIFIED`",
      "sample.Words.Kind.OTHER: does not begin with `KIND_`",
      "sample.Words.Kind.KIND_mixed: is no UPPER_SNAKE_CASE",
      "sample.Words.Things: does not end in `Service`",
      "sample.Words.Things.getThing: is no UpperCamelCase",
      "sample.Words.Things.getThing: takes or gives `lower_case`, not `getThingRequest`",
      "sample.Words.lower_case: is used by",
    ] {
      #expect(output.contains(problem), "\(problem)")
    }
    try "syntax = \"proto3\";\n// \(wide)\npackage other;\n".write(
      to: folder.appendingPathComponent("other/wide.proto"), atomically: true, encoding: .utf8)
    #expect(try lint([folder.path, "other/wide.proto"]).output.contains("wide.proto:2: has 103"))
  }

  private func lint(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let lint = Process()
    lint.executableURL = repository.root.appendingPathComponent(".ci/lint-proto")
    lint.arguments = arguments
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let plugin = URL(fileURLWithPath: tests).deletingLastPathComponent()
      .appendingPathComponent("protoc-gen-postern")
    lint.environment = ProcessInfo.processInfo.environment.merging(["PLUGIN": plugin.path]) { $1 }
    let pipe = Pipe()
    lint.standardError = pipe
    try lint.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    lint.waitUntilExit()
    return (lint.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
