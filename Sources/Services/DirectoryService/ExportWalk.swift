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
  /// Behind which key of its table the stage goes on.
  private var after: [UInt8] = []
  /// The first administrator of the organization, who is sent with it.
  private var founder: [UInt8] = []
  /// In the middle of a team or a resource: behind which member or writer it goes on.
  private var part: (isTeam: Bool, id: [UInt8])?
  private var page = ExportPage()

  init(only organization: [UInt8]) { only = organization }

  var isDone: Bool { stage == .done }

  /// Adds what belongs into one message; false if there was nothing to add yet, or any more.
  mutating func fill(
    _ response: PosternV1.ExportResponse.Builder, _ snapshot: borrowing Snapshot,
    _ step: StepBudget = .unlimited
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
        next = Array(copying: id)
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
    snapshot.forEachUser(organization.span, after: after.span) { id, user in
      last = Array(copying: id)
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
    if let record = snapshot.organization(organization.span) {
      Self.write(record, organization.span, into: response.addRecords().makeOrganization())
      page.add(bytes: organization.count + record.displayName.count)
    }
    if !founder.isEmpty, let user = snapshot.user(organization.span, founder.span) {
      Self.write(user, organization.span, founder.span, into: response.addRecords().makeUser())
      page.add(bytes: organization.count + founder.count + user.textByteCount)
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
    snapshot.forEachUser(organization.span, after: after.span) { id, user in
      guard page.hasRoom else {
        isOver = false
        return false
      }
      page.scan()
      last = Array(copying: id)
      guard user.isAdministrator == wantsAdministrators else { return true }
      Self.write(user, organization.span, id, into: response.addRecords().makeUser())
      page.add(bytes: organization.count + id.count + user.textByteCount)
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
      snapshot.forEachTeam(organization.span, member: Span(), after: after.span) { id in
        next = Array(copying: id)
        return false
      }
      guard let next else { return enter(.resources) }
      after = next
    }
    let id = after
    guard let record = snapshot.team(organization.span, id.span) else { return }
    page.add(bytes: organization.count + id.count + record.displayName.count)
    Self.write(
      record, organization.span, id.span, into: response.addRecords().makeTeam()
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
    snapshot.forEachMember(organization.span, after.span, after: start.span) { id in
      guard run.admits(id) else { return false }
      team.addMemberUserIDs(id)
      page.addPart(bytes: id.count)
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
      snapshot.forEachResource(organization.span, type: Span(), after: after.span) {
        position, _, _ in
        next = Array(copying: position)
        return false
      }
      guard let next else { return enter(.organization) }
      after = next
    }
    let middle = after.firstIndex(of: 0) ?? after.endIndex
    let (type, id) = (Array(after[..<middle]), Array(after[(middle + 1)...]))
    guard let record = snapshot.resource(organization.span, type.span, id.span) else { return }
    page.add(bytes: organization.count + after.count + record.displayName.count)
    Self.write(
      record, organization.span, type.span, id.span,
      into: response.addRecords().makeResource()
    ) { resource in
      part = addWriters(resource, type, id, snapshot)
    }
  }

  /// Adds writers, users first, as far as one record holds them; the last of these if there are
  /// more.
  private mutating func addWriters(
    _ resource: PosternV1.ResourceRecord.Builder, _ type: [UInt8], _ id: [UInt8],
    _ snapshot: borrowing Snapshot
  ) -> (isTeam: Bool, id: [UInt8])? {
    var (page, run) = (page, ExportRun())
    for isTeam in part?.isTeam == true ? [true] : [false, true] {
      let start = isTeam == part?.isTeam ? part?.id ?? [] : []
      snapshot.forEachWriter(
        organization.span, type.span, id.span, teams: isTeam, after: start.span
      ) { principal in
        guard run.admits(principal) else { return false }
        Self.write(principal, isTeam: isTeam, into: resource.addWriters())
        page.addPart(bytes: principal.count)
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
