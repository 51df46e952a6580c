internal import Ledger
internal import Messages
internal import Metrics
internal import Permissions
internal import RPC
internal import Services
internal import TestSupport
internal import Tokens

/// A ledger with an entry of every kind, made by hand, and the services' events of them.
struct EventLog {
  static let token = TokenID(unixMilliseconds: 1, random: (1, 2))
  static let otherToken = TokenID(unixMilliseconds: 1, random: (3, 4))
  let folder = TemporaryFolder()
  let ledger: Ledger
  let services: PosternServices

  init(fleet: FleetMembership? = nil) throws {
    ledger = try Ledger(folder: folder.path, mapSizeBytes: 64 << 20, readers: 8)
    let status = ServingStatus(
      version: "0", clock: LedgerClock(ClockStart(nanoseconds: 1_000_000_000, bootNanoseconds: 0)),
      workerCount: 1, processID: 1,
      metrics: ServerMetrics(workerCount: 1, methodCount: Method.allCases.count),
      ledgerBytes: { 0 }, fleet: fleet)
    services = PosternServices(status: status, limits: ServiceLimits(), pageKey: ledger.pageKey)
  }

  /// Appends entries, a second after those before.
  func append(
    _ actor: Actor = Self.actor(), _ fills: (PosternStorageV1.Entry.Builder) -> Void...
  ) throws {
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: snapshot.nowNanoseconds + 1_000_000_000),
      identifiers: TokenIDGenerator())
    for fill in fills { draft.append(by: actor, fill) }
    _ = try draft.commit()
  }

  static func actor(
    _ organization: String = "acme", _ user: String = "alice", _ token: TokenID? = Self.token,
    executable: String = "/usr/bin/tool"
  ) -> Actor {
    Actor(
      organizationID: Array(organization.utf8), userID: Array(user.utf8), tokenID: token,
      processUserID: 501, processGroupID: 20, processID: 4242,
      executable: Array(executable.utf8))
  }

  /// The events that a filter selects, as JSON.
  func events(
    _ fill: (PosternV1.ListEventsRequest.Builder) -> Void = { _ in }
  ) throws -> [(revision: UInt64, text: String)] {
    let requestArena = Arena(initialBytes: 1024)
    let request = PosternV1.ListEventsRequest.Builder(in: requestArena)
    fill(request)
    let filter = try EventFilter(from: request.view)
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
    var found: [(revision: UInt64, text: String)] = []
    for revision in 1...max(1, snapshot.revision) {
      guard let text = text(revision, filter, snapshot) else { continue }
      found.append((revision, text))
    }
    return found
  }

  private func text(
    _ revision: UInt64, _ filter: EventFilter, _ snapshot: borrowing Snapshot
  ) -> String? {
    let arena = Arena(initialBytes: 4096)
    guard let encoded = snapshot.entry(at: revision),
      let entry = try? PosternStorageV1.Entry(decoding: encoded, in: arena),
      filter.matches(entry)
    else { return nil }
    let event = PosternV1.Event.Builder(in: arena)
    services.writeEvent(of: entry, encoded: encoded, for: filter, into: event)
    return event.view.jsonText
  }
}
