internal import Identifiers
internal import Ledger
internal import Messages

/// Walks over a directory in the order in which it can be imported, a message at a time: each
/// organization with its first administrator, further administrators, the other users, teams,
/// resources.
struct ExportWalk {
  private enum Stage { case organization, founder, administrators, users, teams, resources, done }

  /// The one organization to walk over; empty for all.
  private let only: [UInt8]
  private var stage = Stage.organization
  private var organization: [UInt8] = []
  /// The key of its table behind which the stage continues.
  private var after: [UInt8] = []
  /// The first administrator of the organization, sent with it.
  private var founder: [UInt8] = []
  /// In the middle of a team or a resource: the member or writer behind which it continues.
  private var part: (isTeam: Bool, id: [UInt8])?
  private var page = ExportPage()

  init(only organization: [UInt8]) { only = organization }

  var isDone: Bool { stage == .done }

  /// Adds what belongs into one message; false if there was nothing to add yet, or any more.
  mutating func fill(
    _ response: PosternV1.ExportResponse.Builder, from snapshot: borrowing Snapshot,
    within step: StepBudget = .unlimited
  ) -> Bool {
    page = ExportPage(step)
    while page.hasRoom, stage != .done {
      switch stage {
      case .organization: findOrganization(snapshot)
      case .founder:
        // An organization and its administrator stay together.
        guard page.hasRoomForTwo else { return true }
        if findFounder(snapshot) { addOrganization(response, snapshot) }
      case .administrators, .users: addUsers(response, snapshot)
      case .teams: addTeam(response, snapshot)
      case .resources: addResource(response, snapshot)
      case .done: break
      }
    }
    return page.recordCount > 0
  }

  private mutating func enter(_ next: Stage) {
    stage = next
    after = []
    part = nil
  }

  private mutating func findOrganization(_ snapshot: borrowing Snapshot) {
    var next: [UInt8]?
    if only.isEmpty {
      snapshot.forEachOrganization(after: organization.span) { id in
        next = Array(copying: id.bytes)
        return false
      }
    } else if organization.isEmpty {
      next = only
    }
    organization = next ?? organization
    enter(next == nil ? .done : .founder)
  }

  /// Looks for the first administrator, and says whether the search is over.
  private mutating func findFounder(_ snapshot: borrowing Snapshot) -> Bool {
    var (page, last, found) = (page, after, [] as [UInt8])
    var isOver = true
    snapshot.forEachUser(in: OrganizationID(stored: organization.span), after: after.span) {
      id, user in
      last = Array(copying: id.bytes)
      if user.isAdministrator { found = last }
      page.scan()
      isOver = !found.isEmpty || page.hasRoom
      return found.isEmpty && page.hasRoom
    }
    (self.page, after, founder) = (page, last, found)
    return isOver
  }

  private mutating func addOrganization(
    _ response: PosternV1.ExportResponse.Builder, _ snapshot: borrowing Snapshot
  ) {
    let organization = organization
    let id = OrganizationID(stored: organization.span)
    if let record = snapshot.organization(id) {
      Self.writeOrganization(id, record, into: response.addRecords().makeOrganization())
      page.add(bytes: organization.count + record.displayName.count)
    }
    let founder = founder
    if let founder = UserID(storedOrEmpty: founder.span), let user = snapshot.user(id, founder) {
      Self.writeUser(founder, of: id, user, into: response.addRecords().makeUser())
      page.add(bytes: organization.count + founder.bytes.count + user.textByteCount)
    }
    enter(.administrators)
    after = founder
  }

  private mutating func addUsers(
    _ response: PosternV1.ExportResponse.Builder, _ snapshot: borrowing Snapshot
  ) {
    let (organization, wantsAdministrators) = (organization, stage == .administrators)
    var (page, last) = (page, after)
    var isOver = true
    let organizationID = OrganizationID(stored: organization.span)
    snapshot.forEachUser(in: organizationID, after: after.span) { id, user in
      guard page.hasRoom else {
        isOver = false
        return false
      }
      page.scan()
      last = Array(copying: id.bytes)
      guard user.isAdministrator == wantsAdministrators else { return true }
      Self.writeUser(id, of: organizationID, user, into: response.addRecords().makeUser())
      page.add(bytes: organization.count + id.bytes.count + user.textByteCount)
      return true
    }
    (self.page, after) = (page, last)
    if isOver { enter(wantsAdministrators ? .users : .teams) }
  }

  /// Adds the next team, or the next part of one.
  private mutating func addTeam(
    _ response: PosternV1.ExportResponse.Builder, _ snapshot: borrowing Snapshot
  ) {
    let organization = organization
    if part == nil {
      var next: [UInt8]?
      snapshot.forEachTeam(in: OrganizationID(stored: organization.span), after: after.span) {
        next = Array(copying: $0.bytes)
        return false
      }
      guard let next else { return enter(.resources) }
      after = next
    }
    let id = after
    let organizationID = OrganizationID(stored: organization.span)
    let teamID = TeamID(stored: id.span)
    guard let record = snapshot.team(organizationID, teamID) else { return }
    page.add(bytes: organization.count + id.count + record.displayName.count)
    Self.writeTeam(
      teamID, of: organizationID, record, into: response.addRecords().makeTeam()
    ) { team in
      part = addMembers(team, snapshot).map { (isTeam: false, id: $0) }
    }
  }

  /// Adds members as far as one record holds them; the last of these if there are more.
  private mutating func addMembers(
    _ team: PosternV1.TeamRecord.Builder, _ snapshot: borrowing Snapshot
  ) -> [UInt8]? {
    let start = part?.id ?? []
    var (page, run) = (page, ExportRun())
    snapshot.forEachMember(
      of: TeamID(stored: after.span), in: OrganizationID(stored: organization.span),
      after: start.span
    ) { id in
      guard run.admits(id.bytes) else { return false }
      team.addMemberUserIDs(id.bytes)
      page.addPart(bytes: id.bytes.count)
      return true
    }
    self.page = page
    return run.rest
  }

  /// Adds the next resource, or the next part of one.
  private mutating func addResource(
    _ response: PosternV1.ExportResponse.Builder, _ snapshot: borrowing Snapshot
  ) {
    let organization = organization
    if part == nil {
      var next: [UInt8]?
      snapshot.forEachResource(in: OrganizationID(stored: organization.span), after: after.span) {
        position, _ in
        next = Array(copying: position)
        return false
      }
      guard let next else { return enter(.organization) }
      after = next
    }
    let place = after
    let reference = ResourceReference(
      in: OrganizationID(stored: organization.span), typeAndID: place.span)
    guard let record = snapshot.resource(reference) else { return }
    page.add(bytes: organization.count + after.count + record.displayName.count)
    Self.writeResource(
      reference, record, into: response.addRecords().makeResource()
    ) { resource in
      part = addWriters(of: reference, to: resource, snapshot)
    }
  }

  /// Adds writers, users first, as far as one record holds them; the last of these if there are
  /// more.
  private mutating func addWriters(
    of reference: ResourceReference, to resource: PosternV1.ResourceRecord.Builder,
    _ snapshot: borrowing Snapshot
  ) -> (isTeam: Bool, id: [UInt8])? {
    var (page, run) = (page, ExportRun())
    for isTeam in part?.isTeam == true ? [true] : [false, true] {
      let start = isTeam == part?.isTeam ? part?.id ?? [] : []
      snapshot.forEachWriter(of: reference, teams: isTeam, after: start.span) { principal in
        guard run.admits(principal.id) else { return false }
        Self.writeWriter(principal, into: resource.addWriters())
        page.addPart(bytes: principal.id.count)
        return true
      }
      if let rest = run.rest {
        self.page = page
        return (isTeam, rest)
      }
    }
    self.page = page
    return nil
  }
}

/// Counts the records and bytes of one message of an export.
struct ExportPage {
  private(set) var recordCount = 0
  private var partCount = 0
  private var byteCount = 0
  private var step: StepBudget

  private static let maximumRecords = 500
  private static let maximumParts = 2500
  private static let maximumBytes = 64 << 10

  init(_ step: StepBudget = .unlimited) { self.step = step }

  var hasRoom: Bool {
    recordCount < Self.maximumRecords && partCount < Self.maximumParts
      && byteCount < Self.maximumBytes
      && !step.isSpent
  }

  /// Whether there is room for an organization and its administrator.
  var hasRoomForTwo: Bool {
    recordCount <= Self.maximumRecords - 2 && byteCount < Self.maximumBytes - 1024
  }

  /// Counts a record; its overhead is guessed.
  mutating func add(bytes: Int) {
    recordCount += 1
    byteCount += bytes + 16
    step.spend(rows: 2)
  }

  /// Counts a member or a writer.
  mutating func addPart(bytes: Int) {
    partCount += 1
    byteCount += bytes + 4
    step.spend()
  }

  /// Counts a row that was passed over.
  mutating func scan() { step.spend() }
}

/// Counts the members or writers of one record, and knows where the next record continues.
struct ExportRun {
  private var count = 0
  private var last: [UInt8] = []
  /// The last that was admitted, once there was one too many.
  private(set) var rest: [UInt8]?

  private static let most = 500

  mutating func admits(_ id: Span<UInt8>) -> Bool {
    guard count < Self.most else {
      rest = last
      return false
    }
    count += 1
    if count == Self.most { last = Array(copying: id) }
    return true
  }
}

// What is written of each object: all but its times and its creator. Functions of their own,
// because the compiler (6.3.1) makes broken code of a builder that is kept in a variable inside a
// branch.
extension ExportWalk {
  static func writeOrganization(
    _ id: OrganizationID, _ record: OrganizationRecord,
    into organization: PosternV1.Organization.Builder
  ) {
    organization.setID(id.bytes)
    organization.setDisplayName(record.displayName)
  }

  static func writeUser(
    _ id: UserID, of organization: OrganizationID, _ record: UserRecord,
    into user: PosternV1.User.Builder
  ) {
    user.setOrganizationID(organization.bytes)
    user.setID(id.bytes)
    user.setDisplayName(record.displayName)
    user.setAdministrator(record.isAdministrator)
    record.forEachRole { user.addRoles($0) }
  }

  static func writeTeam(
    _ id: TeamID, of organization: OrganizationID, _ record: TeamRecord,
    into team: PosternV1.TeamRecord.Builder, members: (PosternV1.TeamRecord.Builder) -> Void
  ) {
    team.setOrganizationID(organization.bytes)
    team.setID(id.bytes)
    team.setDisplayName(record.displayName)
    members(team)
  }

  static func writeResource(
    _ reference: ResourceReference, _ record: ResourceRecord,
    into resource: PosternV1.ResourceRecord.Builder,
    writers: (PosternV1.ResourceRecord.Builder) -> Void
  ) {
    resource.setOrganizationID(reference.organizationID.bytes)
    resource.setType(reference.type.bytes)
    resource.setID(reference.id.bytes)
    resource.setDisplayName(record.displayName)
    writers(resource)
  }

  static func writeWriter(
    _ principal: Principal, into writer: PosternV1.Writer.Builder
  ) {
    switch principal {
    case .user(let id): writer.setUserID(id.bytes)
    case .team(let id): writer.setTeamID(id.bytes)
    }
  }
}
