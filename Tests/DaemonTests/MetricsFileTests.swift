internal import Glibc
internal import TestSupport
internal import Testing

/// The metrics as a file, which the textfile collector of another program reads.
@Suite struct MetricsFileTests {
  @Test func isReplacedAgainAndAgainAndStays() throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/other"
    // Left by a crash.
    folder.write("other.new", "half a file")
    let daemon = try Daemon(["--metrics-file", path, "--metrics-interval", "1"], folder: folder)
    let client = try daemon.client()
    let first = try wait(for: path) { $0.contains("\npostern_revision 0\n") }
    #expect(first.hasPrefix("# TYPE postern_calls_total counter\n"))
    #expect(first.contains("\n# TYPE postern_build_info gauge\n"))
    #expect(first.hasSuffix("\n"))
    for sign in ["# EOF", "# UNIT", " info\n"] { #expect(!first.contains(sign)) }

    try client.createOrganization("acme", administrator: "alice")
    // The revision is there a moment before the call is counted.
    let call =
      "\npostern_calls_total{method=\"postern.v1.DirectoryService/CreateOrganization\","
      + "protocol=\"ttrpc\",status=\"OK\"} 1\n"
    let second = try wait(for: path) { $0.contains(call) }
    #expect(second.contains("\npostern_revision 2\n"))
    #expect(!second.contains("alice"))
    #expect(try mode(of: path) == 0o644)

    #expect(try daemon.stop() == .exited(0))
    #expect(try text(of: path)?.contains("postern_revision 2\n") == true)
    #expect(try text(of: path + ".new") == nil)
    #expect(!daemon.process.wholeOutput().contains("level=warning"))
  }

  @Test func anUnwritableFileIsAWarningOnly() throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/other/metrics.prom"
    let daemon = try Daemon(
      ["--metrics-file", path, "--metrics-interval", "1"], folder: folder,
      says: "the metrics file was not written")
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")

    // It is written as soon as it can be.
    #expect(unsafe mkdir("\(folder.path)/other", 0o700) == 0)
    _ = try wait(for: path) { $0.contains("\npostern_revision 2\n") }
    #expect(try daemon.stop() == .exited(0))
    let output = daemon.process.wholeOutput()
    #expect(output.contains("No such file or directory"))
    #expect(output.contains("the metrics file is written again"))
    unsafe unlink(path)
  }

  @Test func aFolderInItsPlaceIsLeftAlone() throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/other"
    #expect(unsafe mkdir(path, 0o700) == 0)
    let daemon = try Daemon(
      ["--metrics-file", path], folder: folder, says: "the metrics file was not written")
    try daemon.client().createOrganization("acme", administrator: "alice")
    #expect(try daemon.stop() == .exited(0))
    #expect(try text(of: path + ".new") == nil)
  }

  /// The text of a file, once it is as asked for.
  private func wait(for path: String, _ isRight: (String) -> Bool) throws -> String {
    for _ in 0..<(ChildProcess.patienceMilliseconds / 5) {
      if let text = try text(of: path), isRight(text) { return text }
      poll(nil, 0, 5)
    }
    throw FixtureError("`\(path)` does not become what it should: \(try text(of: path) ?? "")")
  }

  /// What a file holds; nil if there is none.
  private func text(of path: String) throws -> String? {
    let descriptor = unsafe open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe read(descriptor, &room, room.count)
      guard count >= 0 else { throw FixtureError("`\(path)` can't be read") }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += room[..<count]
    }
  }

  private func mode(of path: String) throws -> mode_t {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw FixtureError("no `\(path)`") }
    return status.st_mode & 0o7777
  }
}
