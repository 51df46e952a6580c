internal import Identifiers
internal import Ledger
internal import Messages
internal import TestSupport
internal import Tokens

/// A random history of changes of every kind, the same for the same seed.
///
/// Names come from small sets, so that changes meet: users with teams, items and tokens are
/// deleted and invited again; absent objects are deleted too.
struct LedgerHistory {
  private var random: SplitMix64
  private var tokens: [TokenID] = []
  private(set) var kinds: Set<Int> = []

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  /// How many kinds of changes there are.
  static let kindCount = 28

  /// Appends `count` changes as one batch.
  mutating func append(_ count: Int, to draft: inout Draft) {
    for _ in 0..<count {
      let id = draft.nextTokenID(random: (random.next(), random.next()))
      var change = Change(
        kind: Int(random.next() % UInt64(Self.kindCount)), id: id,
        revoked: tokens.randomElement(using: &random) ?? id,
        numbers: (0..<6).map { _ in Int(random.next() % 1000) })
      change.becomeLegal(in: draft)
      kinds.insert(change.kind)
      if change.kind == 12 { tokens.append(id) }
      let actor = Actor(
        organizationID: Array("acme".utf8), userID: Array(change.user.utf8),
        tokenID: change.numbers[5] % 2 == 0 ? id : nil, processUserID: UInt32(change.numbers[0]),
        processGroupID: 7, processID: Int32(change.numbers[1]))
      draft.append(by: actor) { change.write(into: $0) }
    }
  }

  private struct Change {
    var kind: Int
    let id: TokenID
    let revoked: TokenID
    let numbers: [Int]
    /// The id of the token that a sweep removes.
    var swept: TokenID?

    var organization: String { ["acme", "other", "a"][numbers[0] % 3] }
    var user: String { ["alice", "bob", "carol@example.org", "d+e"][numbers[1] % 4] }
    var team: String { ["ops", "dev", "alice"][numbers[2] % 3] }
    var type: String { ["dashboard", "detector"][numbers[3] % 2] }
    var item: String { ["one", "two", "alice"][numbers[4] % 3] }
    var isOdd: Bool { numbers[5] % 2 == 1 }

    /// Nothing happens in an organization before it is created, and no object is created twice: the
    /// log holds only what a command has decided.
    mutating func becomeLegal(in draft: borrowing Draft) {
      let (organization, user) = (Array(organization.utf8), Array(user.utf8))
      if draft.organization(OrganizationID(stored: organization.span)) == nil {
        kind = 0
      } else if kind == 0 {
        kind = 1
      }
      // Only one ends, so that the others hold something at the end.
      if kind == 20, self.organization != "a" { kind = 10 }
      let isUser =
        draft.user(
          OrganizationID(stored: organization.span), UserID(stored: user.span)) != nil
      if kind == 1, isUser { kind = 2 }
      if kind == 12, isOdd, !isUser { kind = 1 }
      // Nor has a name two org tokens.
      let namesake = draft.orgTokenID(
        named: issuedName.span, in: OrganizationID(stored: organization.span))
      if kind == 12, !isOdd, namesake != nil {
        kind = 13
      }
      if kind == 14 || kind == 15 {
        let isOrgToken = draft.token(revoked)?.kind == .organization
        let isRevoked = draft.token(revoked)?.isRevoked ?? true
        if !isOrgToken || isRevoked { kind = 13 }
      }
      if kind == 14, isNameTaken(in: draft) { kind = 13 }
      if kind == 17 {
        draft.forEachToken(endedBefore: .max) { id in
          swept = id
          return false
        }
        if swept == nil || numbers[0] % 4 != 0 { kind = 13 }
      }
    }

    var issuedName: [UInt8] { Array("name \(numbers[3] % 5)".utf8) }
    var updatedName: [UInt8] { Array("name \(numbers[1] % 7)".utf8) }

    /// Whether an update would take the name of another token.
    private func isNameTaken(in draft: borrowing Draft) -> Bool {
      guard numbers[0] % 2 == 1, let token = draft.token(revoked) else { return false }
      let holder = draft.orgTokenID(named: updatedName.span, in: token.organizationID)
      return holder != nil && holder != revoked
    }

    func write(into entry: PosternStorageV1.Entry.Builder) {
      switch kind {
      case 0: set(entry.makeOrganizationCreated())
      case 1: set(entry.makeUserInvited())
      case 2: set(entry.makeAdministratorSet())
      case 3: set(entry.makeUserDeleted())
      case 4: set(entry.makeTeamCreated())
      case 5: set(entry.makeTeamDeleted())
      case 6: set(entry.makeTeamMemberAdded())
      case 7: set(entry.makeTeamMemberRemoved())
      case 8: set(entry.makeResourcePut())
      case 9: set(entry.makeResourceDeleted())
      case 10: set(entry.makeWriterSet())
      case 11: set(entry.makeWriterRemoved())
      case 12: set(entry.makeTokenIssued())
      case 14: set(entry.makeTokenUpdated())
      case 15: set(entry.makeTokenRotated())
      case 16: set(entry.makeTeamUpdated())
      case 17:
        let identifier = swept?.bytes ?? id.bytes
        entry.makeTokensSwept().setTokenIDs(identifier.span)
      case 18: set(entry.makeOrganizationUpdated())
      case 19: set(entry.makeUserUpdated())
      case 20: entry.makeOrganizationDeleted().setOrganizationID(organization)
      case 22: set(entry.makeUserRolesSet())
      case 23:
        let text = isOdd ? "" : String(repeating: "/", count: numbers[1] * 100)
        let change = entry.makePolicyReloaded()
        let digest = SHA256.hash(text.utf8Span.span)
        change.setTextHash(digest.span)
        change.setText(text)
      case 24: entry.makeClockAccepted().setPreviousNanoseconds(Int64(numbers[1]))
      case 27: entry.makeRevisionsLost().setLostRevisionCount(UInt64(numbers[1]))
      case 13:
        let identifier = revoked.bytes
        entry.makeTokenRevoked().setTokenID(identifier.span)
      case 21: set(entry.makeDenialsRecorded())
      case 26:
        entry.makeTokensRevoked().setIssuedThroughRevision(UInt64(1 + numbers[2] % 300))
      default:
        let identifier = revoked.bytes
        entry.makeTokensRevoked().setTokenIDs(identifier.span)
      }
    }

    private func set(_ change: PosternStorageV1.OrganizationCreated.Builder) {
      change.setOrganizationID(organization)
      change.setDisplayName("name \(numbers[1])")
    }

    private func set(_ change: PosternStorageV1.UserInvited.Builder) {
      change.setOrganizationID(organization)
      change.setUserID(user)
      change.setDisplayName(isOdd ? "é" : "")
      change.setAdministrator(numbers[4] % 2 == 0)
    }

    private func set(_ change: PosternStorageV1.AdministratorSet.Builder) {
      change.setOrganizationID(organization)
      change.setUserID(user)
      change.setAdministrator(isOdd)
    }

    private func set(_ change: PosternStorageV1.UserRolesSet.Builder) {
      change.setOrganizationID(organization)
      change.setUserID(user)
      for role in ["power", "read_only", "usage"].prefix(numbers[5] % 4) { change.addRoles(role) }
    }

    private func set(_ change: PosternStorageV1.UserDeleted.Builder) {
      change.setOrganizationID(organization)
      change.setUserID(user)
    }

    private func set(_ change: PosternStorageV1.TeamCreated.Builder) {
      change.setOrganizationID(organization)
      change.setTeamID(team)
      change.setDisplayName("team")
    }

    private func set(_ change: PosternStorageV1.OrganizationUpdated.Builder) {
      change.setOrganizationID(organization)
      change.setDisplayName("other \(numbers[1])")
    }

    private func set(_ change: PosternStorageV1.UserUpdated.Builder) {
      change.setOrganizationID(organization)
      change.setUserID(user)
      change.setDisplayName("user \(numbers[2])")
    }

    private func set(_ change: PosternStorageV1.TeamDeleted.Builder) {
      change.setOrganizationID(organization)
      change.setTeamID(team)
    }

    private func set(_ change: PosternStorageV1.TeamMemberAdded.Builder) {
      change.setOrganizationID(organization)
      change.setTeamID(team)
      change.setUserID(user)
    }

    private func set(_ change: PosternStorageV1.TeamMemberRemoved.Builder) {
      change.setOrganizationID(organization)
      change.setTeamID(team)
      change.setUserID(user)
    }

    private func set(_ change: PosternStorageV1.ResourcePut.Builder) {
      change.setOrganizationID(organization)
      change.setResourceType(type)
      change.setResourceID(item)
      change.setDisplayName("item \(numbers[1])")
    }

    private func set(_ change: PosternStorageV1.ResourceDeleted.Builder) {
      change.setOrganizationID(organization)
      change.setResourceType(type)
      change.setResourceID(item)
    }

    private func set(_ change: PosternStorageV1.WriterSet.Builder) {
      change.setOrganizationID(organization)
      change.setResourceType(type)
      change.setResourceID(item)
      if isOdd { change.setUserID(user) } else { change.setTeamID(team) }
    }

    private func set(_ change: PosternStorageV1.WriterRemoved.Builder) {
      change.setOrganizationID(organization)
      change.setResourceType(type)
      change.setResourceID(item)
      if isOdd { change.setUserID(user) } else { change.setTeamID(team) }
    }

    private func set(_ change: PosternStorageV1.TokenUpdated.Builder) {
      let identifier = revoked.bytes
      change.setTokenID(identifier.span)
      change.setChanged(UInt32(numbers[0] % 64))
      change.setName(updatedName.span)
      change.setScopes(UInt32(1 + numbers[2] % 7))
      change.setDescription(String(repeating: "e", count: numbers[3]))
      change.setExpiresAtNanoseconds(Int64(numbers[4] % 3) << 40)
      change.setDisabled(isOdd)
      change.setPreviousSecretExpiresAtNanoseconds(Int64(numbers[5]) << 27)
    }

    private func set(_ change: PosternStorageV1.TokenRotated.Builder) {
      let identifier = revoked.bytes
      change.setTokenID(identifier.span)
      let digest = SHA256.hash(Array("\(numbers)".utf8).span)
      change.setSecretHash(digest.span)
      change.setPreviousSecretExpiresAtNanoseconds(isOdd ? Int64(numbers[4]) << 40 : 0)
    }

    private func set(_ change: PosternStorageV1.TeamUpdated.Builder) {
      change.setOrganizationID(organization)
      change.setTeamID(team)
      change.setDisplayName("team \(numbers[3])")
    }

    private func set(_ change: PosternStorageV1.DenialsRecorded.Builder) {
      change.setFurtherCount(UInt64(numbers[1]))
      for _ in 0..<(numbers[2] % 3) {
        let denial = change.addDenials()
        denial.setOrganizationID(organization)
        denial.setUserID(user)
        denial.setMethod("postern.v1.TokenService/IssueToken")
        denial.setCount(UInt64(numbers[3]))
      }
    }

    private func set(_ change: PosternStorageV1.TokenIssued.Builder) {
      let identifier = id.bytes
      change.setTokenID(identifier.span)
      let digest = SHA256.hash(identifier.span)
      change.setSecretHash(digest.span)
      change.setOrganizationID(organization)
      change.setDescription(String(repeating: "d", count: numbers[2]))
      change.setKind(isOdd ? 1 : 2)
      if isOdd { change.setUserID(user) } else { change.setName(issuedName.span) }
      change.setScopes(UInt32(isOdd ? 0 : 1 + numbers[3] % 7))
      change.setExpiresAtNanoseconds(isOdd ? Int64(numbers[4]) << 40 : 0)
    }
  }
}
