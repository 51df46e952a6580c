internal import Fleet

/// Polls and renewals, whose answers are alike: what a member learns of the fleet.
enum Poll {
  /// How many bytes of entries an answer has at most, but for its last row, and so about how much
  /// memory it takes. The schema bounds that row.
  static let maximumBytes = 4 << 20

  static func request(after: LogPosition, maximumRows: Int, seal: RowSeal?) -> Request {
    let parameters = parameters(after: after, maximumRows: maximumRows)
    return Request(Statement(pollText, parameters, isWriting: false)) { rows in
      let reader = PollReader(
        after: after, maximumRows: maximumRows, readsMembers: false, seal: seal)
      do throws(UnreadableAnswer) {
        let read = try reader.read(rows)
        if let unread = read.unread, read.polled.rows.isEmpty { return .refused(unread) }
        return .polled(read.polled)
      } catch {
        return .refused(error.refusal)
      }
    }
  }

  /// One statement: its commit proves that what it reads is not from the past.
  static func renewal(
    _ member: MemberRow, maximumRows: Int, readsMembers: Bool, seal: RowSeal?
  ) -> Request {
    let after = member.applied
    let statement = Statement(
      readsMembers ? membersText : renewalText,
      parameters(after: after, maximumRows: maximumRows) + [
        .bytes(after.hash.bytes), .uuid(member.instance), .integer(member.seq),
        .integer(member.term), .small(member.format),
      ], isWriting: true)
    return Request(statement) { rows in
      guard rows.count > 0, rows.integer(0, PollReader.Column.renewed) == 1 else {
        return .renewed(nil)
      }
      // It is committed: rows that can't be opened are left to the next poll.
      let reader = PollReader(
        after: after, maximumRows: maximumRows, readsMembers: readsMembers, seal: seal)
      guard let polled = try? reader.read(rows).polled else {
        return .doubt("the renewal is committed, but its answer can't be read")
      }
      return .renewed(polled)
    }
  }

  private static func parameters(after: LogPosition, maximumRows: Int) -> [Parameter] {
    [
      .integer(after.revision), .integer(UInt64(max(0, maximumRows))),
      .integer(UInt64(maximumBytes)),
    ]
  }

  /// One row of the answer for each row of the log and each member, or one without any, in no
  /// order: a sort would copy all the entries. The entries of the row that ends at the own position
  /// are not read.
  ///
  /// Hazard: the limit tells the planner that there is one fleet. Without it, and without
  /// statistics, it expects so many rows that it compiles the query, for 0.4 s a poll.
  private static func text(renewed: String, members: String = "") -> String {
    """
    select clock_timestamp(), f.id, f.epoch, f.term, f.format, f.lease, f.ready,
      \(Request.presentTurns),
      (select o.hash from postern.log o where o.last = $1),
      (select h.last from postern.log h order by h.first desc limit 1), \(renewed),
      current_setting('synchronous_standby_names', true) <> '', f.version, r.*
    from (select 1) one
    left join (select * from postern.fleet limit 1) f on true
    left join (
      select w.first, w.last, w.term, w.report, w.entries, w.hash from (
        select l.*, sum(octet_length(l.entries)) over (order by l.last rows unbounded preceding)
          - octet_length(l.entries) as before
        from (select * from postern.log where last > $1 order by last limit $2) l
      ) w where w.before < $3\(members)
    ) r on true
    """
  }

  private static let pollText = text(renewed: "0::bigint")

  private static let renewed = """
    with renewed as (
      update postern.member m set seq = m.seq + 1, applied = $1, hash = $4, format = $8,
        seen = clock_timestamp()
      from postern.fleet f
      where m.instance = $5 and m.seq = $6 and m.term = $7 and f.term = $7
        and \(Request.logHas("$1", "$4"))
        and \(Request.isDurable)
      returning m.seq)

    """

  private static let renewalText = renewed + text(renewed: "(select count(*) from renewed)")

  private static let membersText =
    renewed
    + text(
      renewed: "(select count(*) from renewed)",
      members: " union all select \(MemberReader.columns) from postern.member m")
}

/// Reads the answer to a poll.
struct PollReader {
  let after: LogPosition
  let maximumRows: Int
  let readsMembers: Bool
  let seal: RowSeal?

  enum Column {
    static let now = 0
    static let fleet = 1
    static let turns = 7
    static let ownHash = 8
    static let head = 9
    static let renewed = 10
    static let standby = 11
    static let version = 12
    static let first = 13
    static let report = 16
  }

  /// What is there, and why not all of it: a row that can't be opened ends it.
  func read(
    _ rows: borrowing ResultRows
  ) throws(UnreadableAnswer) -> (polled: Polled, unread: DatabaseRefusal?) {
    guard rows.count > 0, let now = rows.nanoseconds(0, Column.now) else {
      throw UnreadableAnswer()
    }
    let fleet = try fleet(rows)
    var polled = Polled(
      fleet: fleet, end: .missing, headRevision: rows.integer(0, Column.head) ?? 0,
      databaseNanoseconds: now, turns: rows.uuids(0, Column.turns) ?? [],
      hasSynchronousStandby: rows.boolean(0, Column.standby))
    var unread: DatabaseRefusal?
    if let fleet {
      let found = try logRows(rows)
      polled.isFull =
        found.count >= maximumRows
        || found.reduce(0) { $0 + $1.entries.count } >= Poll.maximumBytes
      do {
        for row in found { polled.rows.append(try seal.opened(row, fleet: fleet.id)) }
      } catch {
        unread = error.refusal
        polled.isFull = true
      }
    }
    polled.end = end(ownHash: rows.hash(0, Column.ownHash), rows: polled.rows)
    if readsMembers { polled.members = try members(rows) }
    return (polled, unread)
  }

  /// The rows of the log, in their order.
  private func logRows(_ rows: borrowing ResultRows) throws(UnreadableAnswer) -> [LogRow] {
    var found: [LogRow] = []
    for index in 0..<rows.count where !rows.isNull(index, Column.report) {
      found.append(try Self.row(rows, at: index, from: Column.first))
    }
    found.sort { $0.last < $1.last }
    return found
  }

  private func end(ownHash: LogHash?, rows: [LogRow]) -> Polled.EndState {
    if after.revision == 0 { return .known }
    if let ownHash { return ownHash == after.hash ? .known : .differs }
    return rows.first.map { $0.first <= after.revision } == true ? .inside : .missing
  }

  private func fleet(_ rows: borrowing ResultRows) throws(UnreadableAnswer) -> FleetRow? {
    if rows.isNull(0, Column.fleet) { return nil }
    guard rows.small(0, Column.version) == FleetSchema.version else { throw UnreadableAnswer() }
    guard let id = rows.uuid(0, Column.fleet), let epoch = rows.integer(0, Column.fleet + 1),
      let term = rows.integer(0, Column.fleet + 2), let format = rows.small(0, Column.fleet + 3),
      let lease = rows.integer(0, Column.fleet + 4).flatMap({ Int64(exactly: $0) }),
      let isReady = rows.boolean(0, Column.fleet + 5)
    else { throw UnreadableAnswer() }
    return FleetRow(
      id: id, epoch: epoch, term: term, format: format, leaseNanoseconds: lease, isReady: isReady)
  }

  /// A row of the log, as it stands there, whose columns begin at one.
  static func row(
    _ rows: borrowing ResultRows, at index: Int, from column: Int
  ) throws(UnreadableAnswer) -> LogRow {
    guard let first = rows.integer(index, column), let last = rows.integer(index, column + 1),
      let term = rows.integer(index, column + 2), let isReport = rows.boolean(index, column + 3),
      let entries = rows.array(index, column + 4), let hash = rows.hash(index, column + 5),
      first <= last
    else { throw UnreadableAnswer() }
    return LogRow(
      first: first, end: LogPosition(revision: last, hash: hash), term: term, isReport: isReport,
      entries: entries)
  }

  private func members(
    _ rows: borrowing ResultRows
  ) throws(UnreadableAnswer) -> [MemberRow] {
    var members: [MemberRow] = []
    for index in 0..<rows.count where rows.isNull(index, Column.report) {
      guard let member = MemberReader.member(rows, index, from: Column.first) else {
        throw UnreadableAnswer()
      }
      members.append(member)
    }
    return members
  }
}

/// An answer whose values are not those of the schema, or a server that lacks a part of it: another
/// version of Postern has made the tables.
struct UnreadableAnswer: Error {
  /// What is missing, in the server's words.
  var missing: String?

  var refusal: DatabaseRefusal {
    let detail = missing.map { " (\($0))" } ?? ""
    return DatabaseRefusal(
      state: "PS001",
      message: """
        another version of Postern has made the tables of the fleet\(detail): run that version on \
        every host, or begin the fleet anew, as the article on fleets says under Versions
        """)
  }
}
