internal import Foundation
internal import Testing

/// The style that no compiler and no formatter keeps.
@Suite struct TidyTests {
  private let sources = Repository().swiftFiles(below: "Sources")
  private let tests = Repository().swiftFiles(below: "Tests")

  // `Mutex`: the thread sanitizer can't see it; `Guarded` is what it can.
  // `CommandLine.arguments`: it can come out empty; `ProcessArguments` can't.
  /// Files where an exception stands, each with its reason.
  private let exceptions: [String: String] = [
    "unsafelyUnwrapped Sources/Messages/ByteBuffer.swift":
      "the storage exists wherever bytes are held; checked by the counts",
    "#if DEBUG Sources/Platform/Process/FailPoint.swift":
      "where the trials end a daemon; a release must not have it",
    "#if DEBUG Sources/Platform/Process/TrialFormat.swift":
      "where the trials make a daemon of a later version; a release must not have it",
  ]

  @Test func thereIsSomethingToCheck() {
    #expect(sources.count > 100)
    #expect(tests.count > 20)
  }

  @Test(arguments: [
    "try!", "as!", "@unchecked Sendable", "unsafelyUnwrapped", "#if DEBUG", "Mutex<", "Mutex(",
    "CommandLine.arguments",
    // In two parts, so that a search for unfinished work does not find this line.
    "TO" + "DO", "FIX" + "ME",
  ])
  func isNotUsed(_ phrase: String) {
    for file in sources where exceptions["\(phrase) \(file.path)"] == nil {
      for line in file.code where line.text.contains(phrase) {
        Issue.record("\(file.path):\(line.number) uses `\(phrase)`")
      }
    }
  }

  @Test func linesAreShort() {
    for file in sources + tests {
      for (index, line) in file.lines.enumerated() where line.count > 100 {
        Issue.record("\(file.path):\(index + 1) has \(line.count) characters")
      }
    }
  }

  @Test func filesAreShort() {
    for file in sources where file.lines.count > 400 {
      Issue.record("\(file.path) has \(file.lines.count) lines")
    }
  }

  /// From the line with its name to the one with its last brace.
  @Test func functionsAreShort() {
    for file in sources {
      var start: (line: Int, indentation: Int)?
      for (index, line) in file.lines.enumerated() where !line.isEmpty {
        let indentation = line.prefix { $0 == " " }.count
        let text = line.dropFirst(indentation)
        if let opened = start, indentation <= opened.indentation {
          // The signature goes on.
          if [")", "{", "where "].contains(where: text.hasPrefix) { continue }
          if text.hasPrefix("}"), index - opened.line > 70 {
            Issue.record("\(file.path):\(opened.line + 1) has \(index - opened.line) lines")
          }
          start = nil
        }
        if start == nil, text.contains("func ") || text.contains("init("), !text.hasSuffix("}") {
          start = (index, indentation)
        }
      }
    }
  }

  /// The domain: pure Swift, and what it is written down in.
  @Test(arguments: ["Tokens", "Identifiers", "JSON5", "Permissions", "Fleet"])
  func importsNothing(_ module: String) {
    let allowed: Set = ["Identifiers", "JSON5", "Synchronization"]
    for file in sources where file.module == module {
      for imported in imports(of: file) where !allowed.contains(imported) {
        Issue.record("\(file.path) imports \(imported)")
      }
    }
  }

  /// Foundation stays at the edges: the programs.
  @Test func foundationStaysOffTheRequestPath() {
    let allowed: Set = ["PosternBench"]
    for file in sources where imports(of: file).contains("Foundation") {
      #expect(allowed.contains(file.module), "\(file.path)")
    }
  }

  /// Only Messages knows protobuf-c; only GRPC nghttp2; only Ledger LMDB, and only it and
  /// FleetStore libcrypto; only FleetStore libpq.
  @Test func librariesHaveOneOwner() {
    let owners: [String: Set<String>] = [
      "CProtobufC": ["Messages", "protoc-gen-postern"],
      "CMessages": ["Messages"], "CPluginMessages": ["protoc-gen-postern"],
      "CNghttp2": ["GRPC", "PosternBench"], "CLMDB": ["Ledger"],
      "CCrypto": ["Ledger", "FleetStore"], "CPQ": ["FleetStore"],
      "CZlib": ["postern"], "CChecksum": ["Platform"], "CSync": ["Ledger"],
      "CWipingHeap": ["postern"], "CEpochs": ["EpochPage", "PosternClient", "PosternBench"],
      "CLinux": ["Platform", "EventLoop", "Ledger", "PosternBench"],
    ]
    for file in sources {
      for imported in imports(of: file) {
        if let owner = owners[imported] {
          #expect(owner.contains(file.module), "\(file.path) imports \(imported)")
        }
      }
    }
  }

  /// Where something `unsafe` is done, a comment says why it is sound.
  @Test func everyUnsafeFileGivesItsReason() {
    // The generator writes the word into code; what it does itself is in the two files it reads
    // with.
    let hand = sources.filter { !$0.path.hasPrefix("Sources/Tools/protoc-gen-postern/Messages") }
    for file in hand where file.code.contains(where: { $0.text.contains("unsafe ") }) {
      let reason = file.lines.contains { $0.contains("SAFETY:") || $0.contains("`@safe`") }
      #expect(reason, "\(file.path)")
    }
  }

  /// What several targets of tests need is in TestSupport, and nowhere by a link.
  @Test func noTestFileIsALink() throws {
    let repository = Repository()
    for path in repository.paths(below: "Tests", suffix: ".swift") {
      let file = repository.root.appendingPathComponent(path)
      let isLink = try file.resourceValues(forKeys: [.isSymbolicLinkKey]).isSymbolicLink
      #expect(isLink == false, "\(path)")
    }
  }

  @Test func noNameIsAGrabBag() {
    for file in sources {
      for word in ["Utils", "Helpers", "Common", "Manager"] {
        #expect(!file.path.contains(word), "\(file.path)")
      }
    }
  }

  private func imports(of file: SourceFile) -> [String] {
    file.code.compactMap { line in
      let words = line.text.split(separator: " ")
      guard let index = words.firstIndex(of: "import"), index <= 1, words.count > index + 1 else {
        return nil
      }
      return String(words[index + 1])
    }
  }
}
