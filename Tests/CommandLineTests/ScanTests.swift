internal import Foundation
internal import TestSupport
internal import Testing
internal import Tokens
internal import postern

/// `postern scan` without a daemon.
@Suite struct ScanTests {
  private func run(
    _ words: [String], _ prepare: (RecordedContext) -> Void = { _ in }
  ) -> (code: ExitCode, output: String, errors: String) {
    let context = RecordedContext()
    prepare(context)
    let code = Program.run(["scan"] + words, in: context)
    return (code, context.output, context.errors)
  }

  @Test func standardInput() {
    let (text, id) = ScannedToken.token(1)
    for words in [[], ["-"]] as [[String]] {
      let result = run(["--offline"] + words) { $0.input = "a\nTOKEN=\(text)x\n" }
      #expect(result.code == .denied)
      #expect(result.output == "-:2:7  user token  \(id)  unknown\n")
      #expect(result.errors == "1 token in 1 file (71 B)\n")
    }
  }

  @Test func encodedTokens() throws {
    let folder = TemporaryFolder()
    let (user, userID) = ScannedToken.token(1)
    let (org, orgID) = ScannedToken.token(2, .organization)
    folder.write("a", "\nkey: \(Data(user.utf8).base64EncodedString())\n\(org)\n".utf8)
    folder.write("b", try #require("k=\(org)".data(using: .utf16LittleEndian)))
    let result = run(["--offline", folder.path])
    #expect(
      result.output == """
        \(folder.path)/a:3:1  org token  \(orgID)  unknown
        \(folder.path)/a:2:6  user token in base64  \(userID)  unknown
        \(folder.path)/b:1:5  org token in UTF-16  \(orgID)  unknown

        """)
    folder.write(
      "c", try #require("\(org)".data(using: .utf16LittleEndian)).base64EncodedData())
    #expect(
      run(["--offline", "\(folder.path)/c"]).output
        == "\(folder.path)/c:1:1  org token in base64 of UTF-16  \(orgID)  unknown\n")
    let json = run(["--offline", "--output", "json", "\(folder.path)/b"]).output
    #expect(json.contains(#""encoding":"UTF-16""#))
  }

  /// Packs a text as `gzip` does.
  private func gzip(_ text: String, into path: String) throws {
    let script = "exec gzip -c >\"$0\" <<<\"$1\""
    let process = try ChildProcess("/bin/bash", ["-c", script, path, text])
    #expect(try process.wait() == .exited(0), "\(process.wholeOutput())")
  }

  /// A mail in an archive: the token's first letters are at the end of a line.
  @Test func encodedTokensInPackedFiles() throws {
    let folder = TemporaryFolder()
    let (text, id) = ScannedToken.token(1)
    let path = "\(folder.path)/mail.gz"
    for count in [51, 52, 53, 54, 55] {
      let filler = String(repeating: "-", count: count)
      let encoded = Data("\(filler)\(text)".utf8).base64EncodedString(
        options: [.lineLength76Characters, .endLineWithCarriageReturn])
      try gzip(encoded, into: path)
      let result = run(["--offline", path])
      #expect(result.code == .denied)
      #expect(result.output.contains("  user token in base64  \(id)  unknown\n"), "\(count)")
    }
  }

  @Test func packedFiles() throws {
    let folder = TemporaryFolder()
    let (text, id) = ScannedToken.token(1)
    let path = "\(folder.path)/log.gz"
    let filler = String(repeating: "nothing to see here\n", count: 5000)
    try gzip(filler + text, into: path)
    let member = try Data(contentsOf: URL(fileURLWithPath: path))
    let lines = ["5001:1", "10002:1"]
    // One member, two, and what some tools put behind it.
    for (count, bytes) in [
      (1, member), (2, member + member), (1, member + Data(repeating: 0, count: 512)),
    ] {
      folder.write("log.gz", bytes)
      let result = run(["--offline", path])
      #expect(result.code == .denied)
      #expect(
        result.output
          == lines.prefix(count).map { "\(path):\($0)  user token  \(id)  unknown\n" }.joined())
    }
    for broken in [member.dropLast(4), member.prefix(60), member.prefix(3)] {
      folder.write("log.gz", broken)
      let result = run(["--offline", path])
      #expect(result.errors.contains("can't read `\(path)` to its end: its gzip data is cut off"))
      #expect(result.errors.contains("1 could not be read"))
    }
    var damaged = member
    damaged[member.count - 6] ^= 0xff
    folder.write("log.gz", damaged)
    #expect(run(["--offline", path]).errors.contains("its gzip data is damaged"))
  }

  /// Packed again and again, up to a limit that is said.
  @Test func packedPackedFiles() throws {
    let folder = TemporaryFolder()
    let (text, id) = ScannedToken.token(1)
    let path = folder.write("log", "\n \(text)".utf8)
    for depth in 1...4 {
      let script = "gzip -c <\"$0\" >\"$0.x\" && mv \"$0.x\" \"$0\""
      let pack = try ChildProcess("/bin/bash", ["-c", script, path])
      #expect(try pack.wait() == .exited(0), "\(pack.wholeOutput())")
      let result = run(["--offline", path])
      if depth <= 3 {
        #expect(result.code == .denied)
        #expect(result.output == "\(path):2:2  user token  \(id)  unknown\n")
        #expect(result.errors == "1 token in 1 file (63 B)\n")
      } else {
        #expect(result.code == .failure)
        #expect(result.output == "")
        #expect(result.errors.contains("it is packed more than 3 times"), "\(result.errors)")
      }
    }
    // The inner one is cut off.
    folder.write("cut", try Data(contentsOf: URL(fileURLWithPath: path)).dropLast(4))
    let cut = run(["--offline", "\(folder.path)/cut"])
    #expect(cut.errors.contains("its gzip data is cut off"))
  }

  /// What is unpacked from gzip within gzip has a limit.
  @Test func unpackingEndsAtItsLimit() throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/zeros.gz"
    try gzip(String(repeating: "x", count: 50_000), into: path)
    let packed = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for (limit, expected) in [(nil, 50_001), (50_001, 50_001), (50_000, 50_000), (0, 0)]
      as [(
        Int?, Int
      )]
    {
      let input = GzipInput(packed.span, maximumBytes: limit)
      var room = [UInt8](repeating: 0, count: 7000)
      var count = 0
      while true {
        var span = room.mutableSpan
        let added = try input.read(into: &span) { _ in 0 }
        if added == 0 { break }
        count += added
      }
      #expect(count == expected)
      #expect((input.problem != nil) == (limit.map { $0 <= 50_000 } ?? false))
    }
  }

  @Test func nothingFound() throws {
    let folder = TemporaryFolder()
    let (text, _) = ScannedToken.token(1)
    folder.write("nearly", text.dropLast().utf8 + [0x2d])
    let result = run([folder.path])
    #expect(result.code == .success)
    #expect(result.output == "")
    #expect(result.errors == "0 tokens in 1 file (61 B)\n")
  }

  @Test func foldersAreWalkedInOrderAndNothingIsSkippedSilently() throws {
    let folder = TemporaryFolder()
    let (user, userID) = ScannedToken.token(1)
    let (org, orgID) = ScannedToken.token(2, .organization)
    folder.write("b/deep/er/file", [0, 0xff, 0x0a] + user.utf8)
    let target = folder.write("a.env", "\(org)\(user)".utf8)
    folder.write(".hidden/file", [])
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/link", withDestinationPath: target)
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/loop", withDestinationPath: folder.path)
    #expect(unsafe mkfifo("\(folder.path)/pipe", 0o600) == 0)
    let result = run(["--offline", folder.path])
    #expect(result.code == .denied)
    #expect(
      result.output == """
        \(folder.path)/a.env:1:1  org token  \(orgID)  unknown
        \(folder.path)/a.env:1:62  user token  \(userID)  unknown
        \(folder.path)/b/deep/er/file:2:1  user token  \(userID)  unknown

        """)
    #expect(
      result.errors
        == "3 tokens in 3 files (186 B), 2 symbolic links not followed, 1 special file not read\n")
    let direct = run(["--offline", "\(folder.path)/link"])
    #expect(direct.output.hasPrefix("\(folder.path)/link:1:1  org token"))
  }

  @Test func json() throws {
    let folder = TemporaryFolder()
    let (text, id) = ScannedToken.token(3)
    let path = folder.write("f", "\n \(text)".utf8)
    let result = run(["--offline", "--output", "json", path])
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(object["path"] as? String == path)
    #expect(object["offset"] as? Int == 2)
    #expect(object["line"] as? Int == 2)
    #expect(object["column"] as? Int == 2)
    #expect(object["kind"] as? String == "user")
    #expect(object["token_id"] as? String == id)
    #expect(object["state"] as? String == "unknown")
    #expect(object["in_name"] as? Bool == false)
  }

  /// Also where the name of a file is one, and in what is said of a file that can't be read.
  @Test(arguments: ["text", "json"])
  func noSecretIsPrinted(format: String) throws {
    let folder = TemporaryFolder()
    let (text, id) = ScannedToken.token(4)
    folder.write("x\(text).txt", "see \(text)\n".utf8)
    folder.write("\(text)/inner", text.utf8)
    let broken = ScannedToken.token(5).text
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/\(broken)", withDestinationPath: "/nowhere")
    let result = run(["--offline", "--output", format, folder.path])
    #expect(result.code == .denied)
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines.count { $0.contains(":name  ") || $0.contains("\"in_name\":true") } == 3)
    #expect(result.output.contains("x" + text.prefix(28) + String(repeating: "*", count: 33)))
    for secret in [text, broken] {
      let shown = result.output + result.errors
      #expect(!shown.contains(secret.dropFirst(28).prefix(8)))
      #expect(!shown.contains(secret.suffix(6)))
    }
    #expect(result.output.contains(id))
  }

  @Test func anUnreadableFileIsSaidAndTheScanGoesOn() throws {
    let folder = TemporaryFolder()
    let missing = "\(folder.path)/missing"
    let nothing = run([missing, folder.write("f", [0x61])])
    #expect(nothing.code == .failure)
    #expect(nothing.output == "")
    #expect(
      nothing.errors == """
        postern: can't read `\(missing)`: No such file or directory (ENOENT)
        0 tokens in 1 file (1 B), 1 could not be read

        """)
    let found = run(["--offline", missing, folder.write("g", ScannedToken.token(1).text.utf8)])
    #expect(found.code == .denied)
    #expect(found.errors.contains("ENOENT"))
  }

  @Test func withoutADaemonStatesAreUnknownAndThatIsSaidOnce() throws {
    let (text, id) = ScannedToken.token(6)
    let prepare = { (context: RecordedContext) in
      context.input = "\(text) \(text)"
      context.variables["POSTERN_SOCKET"] = "/nowhere/socket"
    }
    let result = run([], prepare)
    #expect(result.code == .denied)
    #expect(result.output.contains("-:1:63  user token  \(id)  unknown\n"))
    #expect(result.errors.split(separator: "\n").count == 3)
    #expect(result.errors.contains("`/nowhere/socket`"))
    #expect(result.errors.contains("hint: states are unknown"))
    let revoke = run(["--revoke"], prepare)
    #expect(revoke.code == .failure)
    #expect(revoke.errors.contains("hint: nothing is revoked"))
  }

  @Test func misuse() {
    let result = run(["--offline", "--revoke"])
    #expect(result.code == .misuse)
    #expect(result.errors.contains("exclude each other"))
  }

  @Test func manyChunks() {
    let (text, id) = ScannedToken.token(7)
    let line = String(repeating: "x", count: 999) + "\n"
    let result = run(["--offline"]) {
      $0.input = String(repeating: line, count: 600) + text
      $0.isErrorTerminal = true
      $0.isInputTerminal = true
    }
    #expect(result.output == "-:601:1  user token  \(id)  unknown\n")
    #expect(result.errors.hasPrefix("reading standard input, until Ctrl-D\n\r"))
    #expect(result.errors.hasSuffix("\r\u{1b}[K1 token in 1 file (585.9 KiB)\n"))
  }
}
