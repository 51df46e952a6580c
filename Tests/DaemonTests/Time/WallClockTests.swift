internal import Glibc
internal import Ledger
internal import Messages
internal import PosternClient
internal import Services
internal import TestSupport
internal import Testing

/// A daemon whose wall clock is set, as machines and people do: what has ended stays ended, and
/// what has not, does not end by it.
@Suite struct WallClockTests {
  private static let second = SettableClock.second
  private static let hour = SettableClock.hour
  private static let year = SettableClock.year

  /// A daemon with an organization `acme` of `alice`, on a clock of its own.
  private struct Setting {
    let clock: SettableClock
    var daemon: Daemon
    let arguments: [String]

    init(_ arguments: [String] = []) throws {
      clock = try SettableClock()
      self.arguments = arguments
      daemon = try Daemon(arguments, environment: clock.environment())
      try daemon.client().createOrganization("acme", administrator: "alice")
    }

    /// Starts the daemon again, which is ended or killed.
    mutating func restart(isKilled: Bool = false) throws {
      let ending = isKilled ? try daemon.crash() : try daemon.stop()
      #expect(ending == (isKilled ? .signaled(SIGKILL) : .exited(0)))
      try start()
    }

    mutating func start() throws {
      daemon = try Daemon(
        arguments, folder: daemon.folder, environment: clock.environment())
    }

    /// What the daemon remembers is from another boot of the machine.
    func reboot() throws {
      let file = try #require(try HostFile.open(folder: "\(daemon.folder.path)/data"))
      var record = file.record
      #expect(record.floorNanoseconds > 0)
      record.bootID = Array(repeating: 7, count: 16)
      try file.write(record)
    }

    func client() throws -> PosternClient { try daemon.client() }

    func write(_ round: Int) throws {
      _ = try client().putResource {
        $0.setOrganizationID("acme")
        $0.setResourceType("dashboard")
        $0.setResourceID("one")
        $0.setDisplayName("\(round)")
      }
    }

    /// The ledger's time, and how far the wall clock is ahead of it, in nanoseconds; whether it
    /// will be believed later.
    func status() throws -> (time: Int64, offset: Int64, isDoubted: Bool) {
      let reply = try client().getStatus { _ in }
      guard let time = reply.message.time, let offset = reply.message.clockOffset else {
        throw FixtureError("the status has no time")
      }
      return (
        time.seconds * second + Int64(time.nanos), offset.seconds * second + Int64(offset.nanos),
        reply.message.clockBelievedAt != nil
      )
    }

    /// `postern_clock_offset_seconds`.
    func offsetMetric() throws -> Double {
      let name = "postern_clock_offset_seconds"
      let reply = try client().getMetrics { $0.setNamePrefix(name) }
      let line = String(reply.message.openMetricsText).split(separator: "\n")
        .first { $0.hasPrefix(name + " ") }
      return try #require(line.flatMap { Double($0.dropFirst(name.count + 1)) })
    }

    func waitUntil(_ what: String, _ condition: () throws -> Bool) throws {
      for _ in 0..<12_000 {
        if try condition() { return }
        poll(nil, 0, 10)
      }
      Issue.record("never: \(what)")
    }
  }

  /// However far ahead it jumps, and however often something is written meanwhile.
  @Test(arguments: [hour, 31 * 24 * hour, year])
  func aClockThatJumpsAheadEndsNothing(step: Int64) throws {
    var setting = try Setting(["--token-retention", "1"])
    let token = try setting.client().issueToken(for: "alice", of: "acme").secret
    let revoked = try setting.client().issueToken(for: "alice", of: "acme").secret
    try setting.client().revoke(secret: revoked)
    let before = try setting.status()
    #expect(abs(before.offset) < Self.second)
    #expect(!before.isDoubted)

    setting.clock.wallNanoseconds = step
    try setting.write(1)
    // A denied attempt is written too.
    let denied = failure { () throws(ClientError) in
      _ = try setting.daemon.client(bearer: token).acceptClock { _ in }
    }
    #expect(denied?.statusName == "PERMISSION_DENIED")
    #expect(try setting.client().isActive(token))
    let during = try setting.status()
    #expect(during.isDoubted)
    #expect(during.offset > step - 60 * Self.second)
    #expect(during.offset < step + 60 * Self.second)
    #expect(during.time > before.time)
    #expect(during.time < before.time + 60 * Self.second)
    #expect(try abs(setting.offsetMetric() - Double(step / Self.second)) < 60)
    // What is issued now lives as long as it is given, whatever the clock does.
    let issued = try setting.client().issueToken(for: "alice", of: "acme", seconds: 3600).secret
    #expect(try setting.client().isActive(issued))
    // Written down again, and read by another daemon under the same clock.
    try setting.restart()
    #expect(setting.daemon.process.says("event=serving"))
    for secret in [token, issued] { #expect(try setting.client().isActive(secret)) }
    #expect(try setting.status().isDoubted)

    setting.clock.wallNanoseconds = 0
    for isKilled in [true, false] {
      try setting.write(2)
      for secret in [token, issued] { #expect(try setting.client().isActive(secret)) }
      #expect(try !setting.client().isActive(revoked))
      let after = try setting.status()
      #expect(!after.isDoubted)
      #expect(abs(after.offset) < Self.second)
      try setting.restart(isKilled: isKilled)
    }
  }

  @Test(arguments: [-60 * second, -hour, -year]) func anEndedTokenStaysEnded(step: Int64) throws {
    var setting = try Setting()
    let token = try setting.client().issueToken(for: "alice", of: "acme", seconds: 60).secret
    #expect(try setting.client().isActive(token))
    setting.clock.sleep(nanoseconds: 61 * Self.second)
    #expect(try !setting.client().isActive(token))
    var last = try setting.status().time
    // Back, without a write; and over restarts.
    setting.clock.wallNanoseconds += step
    for isKilled in [nil, true, false, nil] {
      if let isKilled { try setting.restart(isKilled: isKilled) }
      #expect(try !setting.client().isActive(token))
      let status = try setting.status()
      #expect(status.time > last)
      #expect(status.offset < step / 2)
      #expect(!status.isDoubted)
      last = status.time
    }
    // The time goes on with the machine, and while no daemon runs.
    let other = try setting.client().issueToken(for: "alice", of: "acme", seconds: 600).secret
    _ = try setting.daemon.stop()
    setting.clock.sleep(nanoseconds: 601 * Self.second)
    try setting.start()
    #expect(try !setting.client().isActive(other))
    #expect(try setting.status().time >= last + 601 * Self.second)
  }

  /// What is followed is noted before it ends anything: a daemon that is killed forgets nothing.
  @Test func aClockThatIsAheadByLittleIsFollowed() throws {
    var setting = try Setting()
    let token = try setting.client().issueToken(for: "alice", of: "acme", seconds: 120).secret
    let before = try setting.status().time
    setting.clock.wallNanoseconds = 240 * Self.second
    try setting.waitUntil("the token ends") { try !setting.client().isActive(token) }
    _ = try setting.daemon.crash()
    setting.clock.wallNanoseconds = 0
    try setting.start()
    #expect(try !setting.client().isActive(token))
    let after = try setting.status()
    #expect(after.time >= before + 240 * Self.second)
    #expect(after.offset < -200 * Self.second)
  }

  /// Small steps, of which each would be followed, lead the time nowhere; over restarts neither.
  @Test func aClockThatIsAheadByLittleAgainAndAgainIsNotFollowed() throws {
    var setting = try Setting()
    let token = try setting.client().issueToken(for: "alice", of: "acme", seconds: 900).secret
    let before = try setting.status().time
    setting.clock.wallNanoseconds = 200 * Self.second
    try setting.waitUntil("it is followed") {
      try setting.status().time >= before + 200 * Self.second
    }
    for round in 2...5 as ClosedRange<Int64> {
      setting.clock.wallNanoseconds = round * 200 * Self.second
      #expect(try setting.status().isDoubted)
      try setting.write(Int(round))
      try setting.restart(isKilled: round % 2 == 0)
      #expect(try setting.status().time < before + 300 * Self.second)
    }
    #expect(try setting.client().isActive(token))
    setting.clock.wallNanoseconds = 200 * Self.second
    #expect(try !setting.status().isDoubted)
    #expect(try abs(setting.status().offset) < Self.second)
  }

  /// After it has held for an hour, which the machine may sleep through; restarts don't begin it
  /// anew.
  @Test func aClockThatHoldsIsBelieved() throws {
    var setting = try Setting()
    let token = try setting.client().issueToken(for: "alice", of: "acme", seconds: 7200).secret
    let month = try setting.client().issueToken(for: "alice", of: "acme").secret
    setting.clock.wallNanoseconds = 3 * Self.hour
    #expect(try setting.status().isDoubted)
    try setting.waitUntil("the log says so") {
      setting.daemon.process.wholeOutput().contains("ahead of the ledger's time and not believed")
    }
    setting.clock.sleep(nanoseconds: 3500 * Self.second)
    #expect(try setting.client().isActive(token))
    #expect(try setting.status().isDoubted)
    try setting.restart()
    #expect(try setting.status().isDoubted)
    try setting.restart(isKilled: true)
    setting.clock.sleep(nanoseconds: 101 * Self.second)
    try setting.waitUntil("it is believed") { try !setting.status().isDoubted }
    #expect(try abs(setting.status().offset) < Self.second)
    #expect(try !setting.client().isActive(token))
    #expect(try setting.client().isActive(month))
    #expect(setting.daemon.process.says("the wall clock is believed"))
  }

  @Test(arguments: PeerKind.allCases) func anOperatorMayAcceptTheClock(kind: PeerKind) throws {
    var setting = try Setting()
    let month = try setting.client().issueToken(for: "alice", of: "acme").secret
    let peer = try kind.connect(setting.daemon)
    let revision = try setting.client().revision()
    func accept(_ stream: UInt32, bearer: String? = nil) throws -> (code: Int32, PosternTime) {
      let call = WireCall(
        service: "postern.v1.AdminService", method: "AcceptClock", bearer: bearer)
      let outcome = try peer.answer(to: call, Method.adminServiceAcceptClock.descriptor, stream)
        .outcome
      return (outcome.code, try PosternTime(outcome.payload))
    }
    // There is nothing to accept.
    #expect(try accept(1).1.revision == revision)
    setting.clock.wallNanoseconds = 2 * Self.hour
    #expect(try accept(3, bearer: month).code == 7)
    let before = try setting.status().time
    let (code, answer) = try accept(5)
    #expect(code == 0)
    // It was noted before the answer.
    let note = try HostFile.open(folder: "\(setting.daemon.folder.path)/data")?.record
    #expect(try #require(note).floorNanoseconds >= answer.nanoseconds)
    #expect(answer.revision == revision + 1)
    #expect(answer.nanoseconds >= before + 2 * Self.hour - Self.second)
    let after = try setting.status()
    #expect(after.time >= answer.nanoseconds)
    #expect(!after.isDoubted)
    #expect(abs(after.offset) < Self.second)
    var told: [(kind: PosternV1.EventKind, uid: UInt32, seconds: Int64, field: String)] = []
    try setting.client().listEvents { _ in
    } each: { message in
      for index in 0..<message.eventsCount {
        let event = message.events(at: index)
        guard event.kind == .clockAccepted else { continue }
        told.append(
          (
            event.kind, event.attribution?.uid ?? .max, event.attribution?.time?.seconds ?? 0,
            event.changesCount == 1 ? String(event.changes(at: 0).field) : ""
          ))
      }
      return true
    }
    let event = try #require(told.first)
    #expect(event.kind == .clockAccepted)
    #expect(event.uid == getuid())
    #expect(event.seconds == answer.nanoseconds / Self.second)
    #expect(event.field == "time")
    // It can't be taken back.
    setting.clock.wallNanoseconds = 0
    try setting.restart(isKilled: true)
    let last = try setting.status()
    #expect(last.time > after.time)
    #expect(last.offset < -Self.hour)
    #expect(try setting.client().isActive(month))
  }

  /// After a start of the machine nothing tells for how long it was off.
  @Test func anUnknownGapEndsTokensByTheLaterClock() throws {
    var setting = try Setting()
    let week = try setting.client().issueToken(for: "alice", of: "acme", seconds: 604_800).secret
    let month = try setting.client().issueToken(for: "alice", of: "acme").secret
    let before = try setting.status().time
    _ = try setting.daemon.stop()
    try setting.reboot()
    setting.clock.wallNanoseconds = 10 * 24 * Self.hour
    try setting.start()
    #expect(try !setting.client().isActive(week))
    #expect(try setting.client().isActive(month))
    let status = try setting.status()
    #expect(status.isDoubted)
    #expect(status.time < before + 60 * Self.second)
    // What is issued now has no gap, not for another daemon either.
    let short = try setting.client().issueToken(for: "alice", of: "acme", seconds: 600).secret
    #expect(try setting.client().isActive(short))
    try setting.restart(isKilled: true)
    #expect(try setting.client().isActive(short))
    #expect(try !setting.client().isActive(week))
    // The clock was wrong: nothing was lost by it.
    setting.clock.wallNanoseconds = 0
    for secret in [week, month, short] { #expect(try setting.client().isActive(secret)) }
    try setting.waitUntil("the gap is settled") {
      setting.daemon.process.wholeOutput().contains("it is believed again")
    }
    setting.clock.wallNanoseconds = 10 * 24 * Self.hour
    #expect(try setting.client().isActive(week))
    #expect(try setting.status().isDoubted)
  }

  /// The same machine, with a kernel that has a source of time.
  @Test func aSynchronizedClockSettlesAnUnknownGap() throws {
    var setting = try Setting()
    let week = try setting.client().issueToken(for: "alice", of: "acme", seconds: 604_800).secret
    let before = try setting.status().time
    _ = try setting.daemon.stop()
    try setting.reboot()
    setting.clock.wallNanoseconds = 10 * 24 * Self.hour
    setting.clock.isSynchronized = true
    try setting.start()
    #expect(try !setting.client().isActive(week))
    let status = try setting.status()
    #expect(!status.isDoubted)
    #expect(abs(status.offset) < Self.second)
    #expect(status.time >= before + 10 * 24 * Self.hour)
  }

  /// A stream goes no further than the credential that opened it.
  @Test(arguments: PeerKind.allCases) func aStreamEndsWithItsToken(kind: PeerKind) throws {
    let setting = try Setting()
    let client = try setting.client()
    let token = try client.issueToken(for: "alice", of: "acme", seconds: 600).secret
    let peer = try kind.connect(setting.daemon)
    let watch = WireCall(
      service: "postern.v1.WatchService", method: "Watch", payload: Encoding.field(2, "acme"),
      bearer: token)
    try peer.open(watch, stream: 1)
    try setting.write(1)
    guard case .message = try peer.next(1) else { throw FixtureError("nothing was told") }
    setting.clock.sleep(nanoseconds: 601 * Self.second)
    try setting.write(2)
    let rest = try peer.all(1)
    #expect(rest.outcome.code == 16)
    for message in rest.messages {
      #expect(!String(decoding: message, as: UTF8.self).contains("renamed"))
    }
  }

  /// By the ledger's time, which goes on without a write, and never under a clock in doubt.
  @Test func theSweepIsByTheLedgersTime() throws {
    let setting = try Setting(["--token-retention", "1"])
    let token = try setting.client().issueToken(for: "alice", of: "acme", seconds: 60).secret
    setting.clock.wallNanoseconds += Self.year
    // Two periods of the sweep.
    poll(nil, 0, 2500)
    #expect(try setting.client().isActive(token))
    // It has ended, and what says so is not in doubt. An operator has to look all the same.
    setting.clock.sleep(nanoseconds: 600 * Self.second)
    #expect(try !setting.client().isActive(token))
    try setting.write(1)
    poll(nil, 0, 2500)
    #expect(try setting.status().isDoubted)
    #expect(try setting.client().tokenCount() == 1)
    // Nothing is written any more, and by this wall clock the token would have long to live.
    setting.clock.wallNanoseconds -= Self.year + Self.hour
    try setting.waitUntil("the token is swept") { try setting.client().tokenCount() == 0 }
  }
}

/// The answer to `AcceptClock`.
private struct PosternTime {
  var nanoseconds: Int64 = 0
  var revision: UInt64 = 0

  init(_ payload: [UInt8]) throws {
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 1 << 20))
    let answer = try PosternV1.AcceptClockResponse(decoding: payload.span, in: arena)
    if let time = answer.time { nanoseconds = time.seconds * 1_000_000_000 + Int64(time.nanos) }
    revision = answer.revision
  }
}
