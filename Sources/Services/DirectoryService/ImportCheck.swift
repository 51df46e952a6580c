internal import Identifiers
internal import Ledger
internal import Messages
internal import Permissions
internal import RPC

/// Checks all records of a message before any is applied. What a record refers to is in the draft,
/// or is brought by a record before it: the ids of those are kept here.
struct ImportCheck {
  private let policy: Policy
  /// The keys of what the message brings: ids with NUL between them.
  private var organizations: Set<[UInt8]> = []
  private var teams: Set<[UInt8]> = []
  /// Whether a user of the message is an administrator after it.
  private var users: [[UInt8]: Bool] = [:]
  /// How many administrators the message adds to each organization, and the record that named the
  /// organization last.
  private var administrators: [[UInt8]: (difference: Int, record: Int)] = [:]
  /// The records, members and writers so far.
  private var partCount = 0
  private var room: ImportRoom

  private static let maximumRecords = 1000
  private static let maximumParts = 5000

  init(_ policy: Policy, _ room: DirectoryRoom) {
    self.policy = policy
    self.room = ImportRoom(room)
  }

  /// Checks the records from `start` on; those before have been applied.
  mutating func check(
    _ request: PosternV1.ImportRequest, from start: Int, _ draft: borrowing Draft
  ) throws(Status) {
    guard (1...Self.maximumRecords).contains(request.recordsCount) else {
      throw Fields.invalid("`records` must hold 1 to \(Self.maximumRecords) records", "records")
    }
    for index in start..<request.recordsCount {
      let place = RecordPlace(index)
      guard let record = request.records(at: index).recordValue else {
        throw place.invalid("", "must be an organization, a user, a team or a resource")
      }
      try check(record, at: place, in: draft)
    }
    try checkAdministrators(draft)
  }

  private mutating func check(
    _ record: PosternV1.DirectoryRecord.Record, at place: RecordPlace, in draft: borrowing Draft
  ) throws(Status) {
    switch record {
    case .organization(let organization): try check(organization, at: place, in: draft)
    case .user(let user): try check(user, at: place, in: draft)
    case .team(let team): try check(team, at: place, in: draft)
    case .resource(let resource): try check(resource, at: place, in: draft)
    }
  }

  private mutating func check(
    _ organization: PosternV1.Organization, at place: RecordPlace, in draft: borrowing Draft
  ) throws(Status) {
    try count(0, of: "", at: place)
    let id = try place.organizationID(organization.id, "organization.id")
    try place.displayName(organization.displayName, "organization.display_name")
    let key = Array(copying: id.bytes)
    organizations.insert(key)
    note(key, administratorsBy: 0, at: place)
  }

  private mutating func check(
    _ user: PosternV1.User, at place: RecordPlace, in draft: borrowing Draft
  ) throws(Status) {
    try count(0, of: "", at: place)
    let organization = try place.organizationID(user.organizationID, "user.organization_id")
    let id = try place.userID(user.id, "user.id")
    try place.displayName(user.displayName, "user.display_name")
    if let problem = user.problem(by: policy) { throw place.invalid("user.roles", problem) }
    try requireOrganization(organization, field: "user.organization_id", at: place, in: draft)
    let key = Self.key(organization, id)
    let was =
      users[key] ?? draft.user(organization, id)?.isAdministrator ?? false
    users[key] = user.administrator
    note(
      Array(copying: organization.bytes),
      administratorsBy: (user.administrator ? 1 : 0) - (was ? 1 : 0), at: place)
  }

  private mutating func check(
    _ team: PosternV1.TeamRecord, at place: RecordPlace, in draft: borrowing Draft
  ) throws(Status) {
    try count(team.memberUserIDsCount, of: "team.member_user_ids", at: place)
    let organization = try place.organizationID(team.organizationID, "team.organization_id")
    let id = try place.teamID(team.id, "team.id")
    try place.displayName(team.displayName, "team.display_name")
    try requireOrganization(organization, field: "team.organization_id", at: place, in: draft)
    for index in 0..<team.memberUserIDsCount {
      let field = "team.member_user_ids[\(index)]"
      let user = try place.userID(team.memberUserIDs(at: index), field)
      try requireUser(user, of: organization, field: field, at: place, in: draft)
      do {
        try room.addMember(user, of: id, in: organization, draft)
      } catch { throw place.full(field, error) }
    }
    teams.insert(Self.key(organization, id))
  }

  private mutating func check(
    _ resource: PosternV1.ResourceRecord, at place: RecordPlace, in draft: borrowing Draft
  ) throws(Status) {
    try count(resource.writersCount, of: "resource.writers", at: place)
    let organization = try place.organizationID(
      resource.organizationID, "resource.organization_id")
    guard let type = policy.resourceType(named: resource.type),
      policy.storage(of: type) != .intrinsic
    else {
      throw place.invalid("resource.type", "is not a type whose resources the directory keeps")
    }
    let reference = ResourceReference(
      in: organization, type: ResourceTypeName(stored: resource.type),
      id: try place.resourceID(resource.id, "resource.id"))
    try place.displayName(resource.displayName, "resource.display_name")
    try requireOrganization(organization, field: "resource.organization_id", at: place, in: draft)
    guard resource.writersCount == 0 || policy.storage(of: type) == .writable else {
      throw place.invalid("resource.writers", "must be empty: this type has no writers")
    }
    for index in 0..<resource.writersCount {
      let field = "resource.writers[\(index)]"
      guard let writer = try place.principal(resource.writers(at: index), field) else {
        throw place.invalid(field, "must name a user or a team")
      }
      switch writer {
      case .user(let id):
        try requireUser(id, of: organization, field: field + ".user_id", at: place, in: draft)
      case .team(let id):
        guard
          teams.contains(Self.key(organization, id)) || draft.team(organization, id) != nil
        else { throw place.notFound("team", id.bytes, field: field + ".team_id") }
      }
      do {
        try room.addWriter(writer, of: reference, in: draft)
      } catch { throw place.full(field, error) }
    }
  }

  /// Counts a record and what it names.
  private mutating func count(_ parts: Int, of field: String, at place: RecordPlace) throws(Status)
  {
    partCount += 1 + parts
    guard partCount <= Self.maximumParts else {
      throw place.invalid(
        field,
        "makes the message too large: it may hold \(Self.maximumParts) records, members"
          + " and writers together")
    }
  }

  private mutating func note(
    _ organization: [UInt8], administratorsBy difference: Int, at place: RecordPlace
  ) {
    let before = administrators[organization]?.difference ?? 0
    administrators[organization] = (before + difference, place.index)
  }

  private func requireOrganization(
    _ id: OrganizationID, field: String, at place: RecordPlace, in draft: borrowing Draft
  ) throws(Status) {
    guard draft.organization(id) != nil || organizations.contains(Array(copying: id.bytes)) else {
      throw place.notFound("organization", id.bytes, field: field)
    }
  }

  private func requireUser(
    _ id: UserID, of organization: OrganizationID, field: String, at place: RecordPlace,
    in draft: borrowing Draft
  ) throws(Status) {
    guard
      draft.user(organization, id) != nil || users[Self.key(organization, id)] != nil
    else { throw place.notFound("user", id.bytes, field: field) }
  }

  /// Refuses to leave an organization without an administrator, and names the first that would be.
  private func checkAdministrators(_ draft: borrowing Draft) throws(Status) {
    var first: (record: Int, organization: [UInt8])?
    for (organization, change) in administrators {
      let present = Int(
        draft.organization(OrganizationID(stored: organization.span))?.administratorCount ?? 0)
      guard present + change.difference < 1, change.record < first?.record ?? Int.max else {
        continue
      }
      first = (change.record, organization)
    }
    guard let first else { return }
    let (record, id) = ("records[\(first.record)]", String(copying: first.organization.span))
    throw Status(
      .failedPrecondition,
      "after `\(record)` the organization `\(id)` has no administrator: give one in its message",
      reason: "LAST_ADMINISTRATOR", metadata: [("field", record)])
  }

  private static func key<Kind>(_ organization: OrganizationID, _ id: Identifier<Kind>) -> [UInt8] {
    var key = Array(copying: organization.bytes)
    key.append(0)
    key += Array(copying: id.bytes)
    return key
  }
}

/// Which record of an import a refusal is about; reads its fields and names them.
struct RecordPlace {
  let index: Int

  init(_ index: Int) { self.index = index }

  @_lifetime(copy bytes)
  func organizationID(_ bytes: Span<UInt8>, _ field: String) throws(Status) -> OrganizationID {
    do { return try OrganizationID(bytes, field: "") } catch { throw invalid(field, error) }
  }

  @_lifetime(copy bytes)
  func userID(_ bytes: Span<UInt8>, _ field: String) throws(Status) -> UserID {
    do { return try UserID(bytes, field: "") } catch { throw invalid(field, error) }
  }

  @_lifetime(copy bytes)
  func teamID(_ bytes: Span<UInt8>, _ field: String) throws(Status) -> TeamID {
    do { return try TeamID(bytes, field: "") } catch { throw invalid(field, error) }
  }

  @_lifetime(copy bytes)
  func resourceID(_ bytes: Span<UInt8>, _ field: String) throws(Status) -> ResourceID {
    do { return try ResourceID(bytes, field: "") } catch { throw invalid(field, error) }
  }

  /// The user or team of a writer; nil for neither.
  @_lifetime(copy writer)
  func principal(_ writer: PosternV1.Writer, _ field: String) throws(Status) -> Principal? {
    if let user = writer.userID { return .user(try userID(user, field + ".user_id")) }
    if let team = writer.teamID { return .team(try teamID(team, field + ".team_id")) }
    return nil
  }

  func displayName(_ bytes: Span<UInt8>, _ field: String) throws(Status) {
    do {
      _ = try FreeText(bytes, field: "", bounds: .displayName)
    } catch {
      throw invalid(field, error)
    }
  }

  /// A field, or with an empty name the record itself, breaks a rule.
  func invalid(_ field: String, _ problem: String) -> Status {
    let name = name(field)
    return Status(
      .invalidArgument, "`\(name)` \(problem)", reason: "INVALID_FIELD",
      metadata: [("field", name)])
  }

  /// What a field refers to is not there.
  func notFound(_ what: StaticString, _ id: Span<UInt8>, field: String) -> Status {
    let name = name(field)
    return Status(
      .notFound, "`\(name)`: there is no \(what) `\(String(copying: id))`", reason: "NOT_FOUND",
      metadata: [("type", "\(what)"), ("field", name)])
  }

  /// A limit leaves no room for what a field names.
  func full(_ field: String, _ limit: Status) -> Status {
    let name = name(field)
    return Status(
      limit.code, "`\(name)`: \(limit.message)", reason: limit.reason,
      metadata: limit.metadata + [("field", name)])
  }

  private func invalid(_ field: String, _ error: InvalidField) -> Status {
    invalid(field, error.problem.message)
  }

  private func name(_ field: String) -> String {
    "records[\(index)]" + (field.isEmpty ? "" : "." + field)
  }
}
