internal import Foundation
internal import Messages
internal import Platform
internal import PosternClient
internal import TestSupport
internal import Testing

/// A daemon that looks at its whole ledger by itself, and reports damage unasked.
@Suite struct LedgerCheckTests {
  private let world: World
  private var file: String { "\(world.daemon.folder.path)/data/data.mdb" }

  init() throws { world = try World(["--check-interval", "1"]) }

  private func damage() throws -> String {
    let reply = try world.daemon.client().getStatus { _ in }
    return String(reply.message.ledgerDamage)
  }

  private func metric() throws -> Bool {
    let reply = try world.daemon.client().getMetrics { $0.setNamePrefix("postern_ledger_damaged") }
    let text = String(decoding: [UInt8](copying: reply.message.openMetricsText), as: UTF8.self)
    return text.contains("\npostern_ledger_damaged 1\n")
  }

  /// Status, metric and log tell of it for as long as it lasts; answers go on.
  @Test func tellsOfARow() throws {
    #expect(try damage().isEmpty && !metric())
    #expect(try FlippedBits.flipAdministrator("bob", file) > 0)
    try wait(for: "the status") { try damage().contains("`acme/bob` of the table `users`") }
    #expect(try metric())
    try wait(for: "the log's line") {
      world.daemon.process.wholeOutput().contains("event=\"the ledger is damaged\"")
    }
    #expect(try BothPeers(world.daemon).isActive(world.secret(of: .writer)))
    #expect(try FlippedBits.flipAdministrator("bob", file) > 0)
    try wait(for: "the status") { try damage().isEmpty }
    #expect(try !metric())
    #expect(try world.daemon.stop() == .exited(0))
  }

  /// A row that a damaged page hides looks as if it was not there: only the check tells.
  @Test func tellsOfRowsThatCanNotBeReached() throws {
    let content = try Data(contentsOf: URL(filePath: file))
    let row = Data([10, 0] + "acme\0alice".utf8)
    var pages: Set<Int> = []
    var start = content.startIndex
    while let found = content.range(of: row, in: start..<content.endIndex) {
      pages.insert(found.lowerBound & ~4095)
      start = found.upperBound
    }
    let opened = try #require(FileHandle(forUpdatingAtPath: file))
    for page in pages {
      // One entry less in the page's header.
      try opened.seek(toOffset: UInt64(page + 12))
      try opened.write(contentsOf: Data([content[page + 12] - 2, content[page + 13]]))
    }
    try wait(for: "the status") {
      let damage = try damage()
      return damage.contains("can be reached") || damage.contains("can't be read")
        || damage.contains("not what the log says")
    }
    let log = world.daemon.process
    try wait(for: "the log's line") {
      log.says("the ledger's tables are not what its log says")
        || log.says("event=\"the ledger is damaged\"")
    }
  }

  /// A daemon that checks before it serves makes tables anew that the log contradicts, and does not
  /// start on a log that is damaged; it would without.
  @Test func nothingIsServedBeforeACheckWhereThatIsDemanded() throws {
    let folder = world.daemon.folder
    #expect(try world.daemon.stop() == .exited(0))
    do {
      let whole = try Daemon(["--check-before-serving"], folder: folder)
      #expect(try BothPeers(whole).isActive(world.secret(of: .writer)))
      #expect(whole.process.says("checking the ledger before serving"))
      #expect(try whole.stop() == .exited(0))
    }
    try FlippedBits.contradictAdministrator("bob", file)
    do {
      let rebuilt = try Daemon(["--check-before-serving"], folder: folder)
      let output = rebuilt.process.wholeOutput()
      #expect(output.contains("`acme/bob` of the table `users` is not what the log says"))
      #expect(output.contains("the tables were made anew from the log"))
      #expect(try BothPeers(rebuilt).isActive(world.secret(of: .writer)))
      #expect(try rebuilt.stop() == .exited(0))
    }
    #expect(try FlippedBits.flipAdministrator("bob", file) > 0)
    let refused = try Daemon.start(["--check-before-serving"], in: folder)
    #expect(try refused.wait() == .exited(1))
    let output = refused.wholeOutput()
    #expect(output.contains("`acme/bob` of the table `users` doesn't have its checksum"))
    #expect(output.contains("postern restore") && !output.contains("event=serving"))
    #expect(try Daemon(folder: folder).stop() == .exited(0))
  }

  /// A disk without room for the comparison is reported, and not as damage.
  @Test func tellsThatThereIsNoRoomToCompare() throws {
    let folder = TemporaryFolder()
    guard let disk = try SmallDisk(at: folder.path("data"), megabytes: 32) else { return }
    defer { withExtendedLifetime(disk) {} }
    let daemon = try Daemon(["--check-interval", "1"], folder: folder)
    try wait(for: "the log's line") {
      daemon.process.wholeOutput().contains("the ledger's tables were not compared with its log")
    }
    let reply = try daemon.client().getStatus { _ in }
    let damage = String(reply.message.ledgerDamage)
    #expect(damage.isEmpty)
    #expect(try daemon.stop() == .exited(0))
    let refused = try Daemon.start(["--check-before-serving"], in: folder)
    #expect(try refused.wait() == .exited(1))
    #expect(refused.says("can't be compared with its log"))
  }
}
