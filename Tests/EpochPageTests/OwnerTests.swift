internal import Foundation
internal import TestSupport
internal import Testing

/// What lives outside this process: the header as others compile it, and the mark at a death.
@Suite struct OwnerTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
  private static let include = "\(root)/Sources/CEpochs/include"

  private func compile(_ arguments: [String]) throws {
    let compiler = try ChildProcess(
      "/usr/bin/env", arguments, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    let ending = try compiler.wait()
    #expect(ending == .exited(0), "\(compiler.wholeOutput())")
  }

  @Test(arguments: [
    ["gcc", "-std=gnu99", "-pedantic", "-xc"], ["gcc", "-std=gnu17", "-xc"],
    ["g++", "-std=c++17", "-xc++"],
  ])
  func headerCompilesWithoutAWarning(_ compiler: [String]) throws {
    try compile(
      compiler + [
        "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "\(Self.include)/postern_epochs.h",
      ])
  }

  /// Before the lock of the data is free, whatever ends the process, and not a moment before that.
  @Test(arguments: ["kill", "stop", "exit", "abort", "fault", "exec", "main"])
  func pageIsMarkedAtDeath(_ way: String) throws {
    let folder = TemporaryFolder()
    try compile([
      "gcc", "-O1", "-pthread", "-I\(Self.include)", "-o", folder.path("owner"),
      "\(Self.root)/Tests/EpochPageTests/owner.c", "\(Self.root)/Sources/CEpochs/cepochs.c",
    ])
    let proof = try ChildProcess(folder.path("owner"), [way, "100", folder.path("lock")])
    #expect(try proof.wait() == .exited(0), "\(proof.wholeOutput())")
    #expect(proof.wholeOutput() == "100 of 100\n")
  }
}
