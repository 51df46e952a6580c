internal import Foundation
internal import TestSupport
internal import Testing

/// `make install` and `make uninstall`, with the programs that were built with the tests.
@Suite struct InstallTests {
  private let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  private let destination = FileManager.default.temporaryDirectory
    .appendingPathComponent("postern-install-\(UUID().uuidString)")

  private func make(_ goal: String) throws -> Ending {
    let programs = URL(fileURLWithPath: Daemon.program("posternd")).deletingLastPathComponent()
    let process = try ChildProcess(
      "/usr/bin/make",
      [
        "--silent", "-C", root.path, goal, "BIN=\(programs.path)", "PREFIX=/opt/postern",
        "DESTDIR=\(destination.path)",
      ], environment: ["PATH": "/usr/bin:/bin"])
    return try process.wait()
  }

  private func files() -> Set<String> {
    var files: Set<String> = []
    let walker = FileManager.default.enumerator(atPath: destination.path)
    while let path = walker?.nextObject() as? String {
      var isFolder: ObjCBool = false
      let full = destination.appendingPathComponent(path).path
      _ = unsafe FileManager.default.fileExists(atPath: full, isDirectory: &isFolder)
      if !isFolder.boolValue { files.insert(path) }
    }
    return files
  }

  @Test func installsAndUninstalls() throws {
    defer { try? FileManager.default.removeItem(at: destination) }
    #expect(try make("install") == .exited(0))
    let prefix = "opt/postern"
    let documents = files().filter { $0.hasPrefix("\(prefix)/share/doc/postern/") }
    #expect(documents.count > 5)
    let readme = try text("\(prefix)/share/doc/postern/README.md")
    for link in readme.components(separatedBy: "](").dropFirst() {
      let target = link.prefix { $0 != ")" }
      #expect(documents.contains("\(prefix)/share/doc/postern/\(target)"), "\(target)")
    }
    // The contract, and rules and examples for other programs.
    let others = files().filter {
      $0.hasPrefix("\(prefix)/include/postern/v1/")
        || $0.hasPrefix("\(prefix)/share/postern/") && !$0.hasSuffix(".protoset")
    }
    for file in ["include/postern/v1/options.proto", "share/postern/prometheus/postern.rules.yml"] {
      #expect(others.contains("\(prefix)/\(file)"))
    }
    let units = [
      "postern.service", "postern.socket", "postern-token-metrics.service",
      "postern-token-metrics.timer",
    ]
    let pages = [
      "man1/postern.1", "man5/postern.conf.5", "man5/postern-policy.5", "man8/posternd.8",
    ]
    let named = documents.union(others)
      .union(units.map { "\(prefix)/lib/systemd/system/\($0)" })
      .union(pages.map { "\(prefix)/share/man/\($0)" })
    #expect(
      files().subtracting(named) == [
        "\(prefix)/bin/postern", "\(prefix)/bin/posternd",
        "\(prefix)/include/postern_epochs.h", "\(prefix)/lib/postern/token-metrics",
        "\(prefix)/lib/sysusers.d/postern.conf",
        "\(prefix)/share/bash-completion/completions/postern",
        "\(prefix)/share/zsh/site-functions/_postern",
        "\(prefix)/share/fish/vendor_completions.d/postern.fish",
        "\(prefix)/share/postern/postern.protoset",
      ])
    for file in units.map({ "lib/systemd/system/\($0)" }) + pages.map({ "share/man/\($0)" }) {
      #expect(try !text("\(prefix)/\(file)").contains("@PREFIX@"), "\(file)")
    }
    let page = try text("\(prefix)/share/man/man5/postern.conf.5")
    #expect(page.contains("max_connections_per_uid"), "every setting is in the manual")
    let service = try text("\(prefix)/lib/systemd/system/postern.service")
    #expect(!service.contains("\nProcSubset=pid"), "the daemon reads the id of the boot")
    #expect(service.contains("ExecStart=/opt/postern/bin/posternd "))
    // The daemon comes first, and its checks, which must be allowed to say so, last.
    let filter = "SystemCallFilter=prlimit64 setpriority ioprio_set"
    for line in ["Nice=-10", "CPUWeight=1000", filter] {
      #expect(service.contains("\n\(line)\n"), "\(line)")
    }
    #expect(!service.contains("@PREFIX@") && !service.contains("@SYSCONFDIR@"))
    #expect(try text("\(prefix)/share/zsh/site-functions/_postern").hasPrefix("#compdef postern"))
    // A `google.protobuf.FileDescriptorSet`, by the names that are in it.
    let set = try Data(
      contentsOf: destination.appendingPathComponent("\(prefix)/share/postern/postern.protoset"))
    #expect(set.first == 0x0a)
    for file in ["postern/v1/token_service.proto", "google/rpc/error_details.proto"] {
      #expect(set.range(of: Data(file.utf8)) != nil)
    }
    let version = try ChildProcess(
      destination.appendingPathComponent("\(prefix)/bin/posternd").path, ["--version"])
    #expect(try version.wait() == .exited(0), "a stripped daemon runs")

    #expect(try make("uninstall") == .exited(0))
    #expect(files() == [])
  }

  @Test func saysWhenNothingIsBuilt() throws {
    let process = try ChildProcess(
      "/usr/bin/make",
      ["--silent", "-C", root.path, "install", "BIN=/nowhere", "DESTDIR=\(destination.path)"],
      environment: ["PATH": "/usr/bin:/bin"])
    #expect(try process.wait() == .exited(2))
    #expect(process.says("run make build first"))
    #expect(files() == [])
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOf: destination.appendingPathComponent(path), encoding: .utf8)
  }
}
