internal import Fleet
@testable internal import FleetStore
internal import Glibc
internal import TestSupport
internal import Testing

/// Rows that the database can't read.
@Suite struct SealTests {
  private let folder = TemporaryFolder()

  @Test func sealedRowsComeBackAndAreNotReadable() throws {
    let world = try World(key: key(1))
    let rows = try append(["a secret name", ""], to: world)
    #expect(try poll(world).polled?.rows == rows)
    let stored = try world.execute(
      "select encode(entries, 'escape') from postern.log order by first")
    #expect(!stored.contains("secret") && !stored.contains("name"))
    // The same key on another host, which has it as digits.
    let digits = String(repeating: "01", count: 32)
    let other = try world.anotherDesk(key: FleetKey(path: folder.write("digits", digits + "\n")))
    #expect(try other.ask(.poll(after: .empty, maximumRows: 9)).polled?.rows == rows)
  }

  @Test func equalEntriesAreSealedDifferently() throws {
    let world = try World(key: key(1))
    try append(["same", "same"], to: world)
    #expect(try world.execute("select count(distinct entries) from postern.log") == "2")
  }

  /// An attacker with write access to the database moves or changes rows.
  @Test(arguments: [
    "update postern.log l set entries = (select entries from postern.log where first <> l.first)",
    "delete from postern.log where first = 2; update postern.log set first = 11, last = 11",
    "update postern.log set entries = set_byte(entries, 0, 0)",
    "update postern.log set entries = set_byte(entries, 4, 2)",
    "update postern.log set entries = set_byte(entries, 5, 255 - get_byte(entries, 5))",
    "update postern.log set entries = set_byte(entries, 17, 255 - get_byte(entries, 17))",
    """
    update postern.log set entries = set_byte(
      entries, length(entries) - 1, 255 - get_byte(entries, length(entries) - 1))
    """,
    "update postern.log set entries = substring(entries from 1 for length(entries) - 1)",
    "update postern.log set entries = ''",
    "update postern.log set entries = substring(entries from 1 for 32)",
    "update postern.fleet set id = '00000000-0000-0000-0000-000000000001'",
  ])
  func movedOrChangedRowsDoNotOpen(_ change: String) throws {
    let world = try World(key: key(1))
    try append(["one", "two"], to: world)
    try world.execute(change)
    guard case .refused(let refusal) = try poll(world) else {
      Issue.record("it opens")
      return
    }
    #expect(refusal.state == "PS002")
    #expect(refusal.message.hasPrefix("row "))
  }

  /// The rows before it are good; a renewal is committed whatever it finds.
  @Test func theRowThatDoesNotOpenIsNamed() throws {
    let world = try World(key: key(1))
    let rows = try append(["one", "two", "three"], to: world)
    try world.execute("update postern.log set entries = 'forged' where first = 2")
    let page = try #require(try poll(world).polled)
    #expect(page.rows == [rows[0]] && page.isFull)
    let member = MemberRow(
      instance: alice, host: "a", seq: 0, term: 1, applied: rows[0].end, format: 3)
    #expect(try world.desk.ask(.join(member, predecessors: [])).joined == true)
    let renewed = try world.desk.ask(.renew(member, maximumRows: 9, readsMembers: false)).polled
    #expect(renewed?.rows == [] && renewed?.isFull == true && renewed?.end == .known)
    guard case .refused(let refusal) = try poll(world, after: rows[0].end) else {
      Issue.record("it opens")
      return
    }
    #expect(refusal.message == "row 2 to 2 of the fleet's log is not sealed")
  }

  @Test func anotherKeyOrNoneOpensNothing() throws {
    let world = try World(key: key(1))
    try append(["one"], to: world)
    let other = try world.anotherDesk(key: key(2))
    #expect(try other.ask(.poll(after: .empty, maximumRows: 9)).refused == "PS002")
    let none = try world.anotherDesk()
    #expect(try none.ask(.poll(after: .empty, maximumRows: 9)).refused == "PS002")
    let open = try World()
    try append(["one"], to: open)
    let sealing = try open.anotherDesk(key: key(1))
    #expect(try sealing.ask(.poll(after: .empty, maximumRows: 9)).refused == "PS002")
  }

  /// A row is sealed for a fleet, which a poll has to tell first.
  @Test func nothingIsSealedForAnUnknownFleet() throws {
    let world = try World()
    let desk = try Desk(world.string(), key: key(1))
    let first = row(after: .empty)
    #expect(try desk.ask(.insert(first, after: .empty, by: alice), on: .append).unreachable != nil)
    _ = try desk.ask(.poll(after: .empty, maximumRows: 9))
    #expect(try desk.ask(.insert(first, after: .empty, by: alice), on: .append).inserted == true)
  }

  @Test(arguments: [0, 31, 33, 63, 65, 66, 100])
  func aKeyHasItsLength(_ count: Int) throws {
    // A byte that no path of a temporary folder has.
    let path = folder.write("key", [UInt8](repeating: UInt8(ascii: "~"), count: count))
    let error = #expect(throws: FleetStoreError.self) { try FleetKey(path: path) }
    #expect(error?.description.contains(path) == true)
    #expect(error?.description.contains("~") == false)
  }

  @Test func aKeyHasDigits() throws {
    let path = folder.write("key", String(repeating: "0g", count: 32))
    #expect(throws: FleetStoreError.self) { try FleetKey(path: path) }
    #expect(throws: FleetStoreError.self) { try FleetKey(path: folder.path("none")) }
  }

  @Test(arguments: [(0o600, true), (0o400, true), (0o640, true), (0o660, false), (0o604, false)])
  func aKeyFileIsPrivate(_ mode: Int, isGood: Bool) throws {
    let path = folder.write("key", [UInt8](repeating: 1, count: 32))
    unsafe chmod(path, UInt32(mode))
    #expect(((try? FleetKey(path: path)) != nil) == isGood)
  }

  private func key(_ byte: UInt8) throws -> FleetKey {
    try FleetKey(path: folder.write("key\(byte)", [UInt8](repeating: byte, count: 32)))
  }

  private func poll(_ world: World, after: LogPosition = .empty) throws -> UpstreamAnswer {
    try world.desk.ask(.poll(after: after, maximumRows: 9))
  }

  @discardableResult
  private func append(_ texts: [String], to world: World) throws -> [LogRow] {
    var rows: [LogRow] = []
    for text in texts {
      let after = rows.last?.end ?? .empty
      rows.append(row(after: after, entries: Array(text.utf8)))
      #expect(
        try world.desk.ask(.insert(rows[rows.count - 1], after: after, by: alice), on: .append)
          .inserted == true)
    }
    return rows
  }
}
