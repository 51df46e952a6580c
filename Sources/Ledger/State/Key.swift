internal import Identifiers
internal import Messages
internal import Tokens

/// The key of a row, put together on the stack.
///
/// Keys are identifiers one after another with a NUL between them, which no identifier holds. So
/// the rows of an owner lie side by side, and no two names make the same key. Each initializer
/// takes the ids in their own types, in one place for each shape of a key.
struct Key: ~Copyable {
  private var storage = InlineArray<511, UInt8>(repeating: 0)
  private(set) var count = 0

  /// An empty key, with which every key begins.
  init() {}

  /// A key of bytes.
  init(_ bytes: Span<UInt8>) { append(bytes) }

  /// A key of a number, in the order of the numbers.
  init(bigEndian number: UInt64) { append(bigEndian: number) }

  /// The bytes so far.
  var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { storage.span.extracting(0..<count) }
  }

  /// Ends a part.
  mutating func separate() { append(0) }

  mutating func append(_ part: Span<UInt8>) {
    for index in part.indices { append(part[index]) }
  }

  mutating func append(_ byte: UInt8) {
    precondition(count < storage.count, "a key is longer than the identifiers allow")
    storage[count] = byte
    count += 1
  }

  mutating func append(bigEndian number: UInt64) {
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }
}

extension Key {
  /// What the keys of everything within an organization begin with.
  init(within organization: OrganizationID) {
    self.init(organization.bytes)
    separate()
  }

  /// A user, a team or a type of an organization.
  init<Kind>(_ organization: OrganizationID, _ id: Identifier<Kind>) {
    self.init(within: organization)
    append(id.bytes)
  }

  /// What the keys of everything within a user, a team or a type of an organization begin with.
  init<Kind>(within organization: OrganizationID, _ id: Identifier<Kind>) {
    self.init(organization, id)
    separate()
  }

  /// A user among the members of a team.
  init(member user: UserID, of team: TeamID, in organization: OrganizationID) {
    self.init(within: organization, team)
    append(user.bytes)
  }

  /// A team among those of a user.
  init(team: TeamID, ofMember user: UserID, in organization: OrganizationID) {
    self.init(within: organization, user)
    append(team.bytes)
  }

  /// A resource.
  init(_ resource: ResourceReference) {
    self.init(within: resource.organizationID, resource.type)
    append(resource.id.bytes)
  }

  /// What the keys of all writers of a resource begin with.
  init(writersOf resource: ResourceReference) {
    self.init(resource)
    separate()
  }

  /// A writer of a resource.
  init(writer principal: Principal, of resource: ResourceReference) {
    self.init(writersOf: resource)
    append(principal)
  }

  /// What the keys of all resources begin with that a principal may write.
  init(resourcesOf principal: Principal, in organization: OrganizationID) {
    self.init(within: organization)
    append(principal)
    separate()
  }

  /// A resource among those that a principal may write.
  init(_ resource: ResourceReference, writtenBy principal: Principal) {
    self.init(resourcesOf: principal, in: resource.organizationID)
    append(resource.type.bytes)
    separate()
    append(resource.id.bytes)
  }

  /// What the keys of the tokens of a user begin with, or without one of the org tokens.
  init(tokensOf user: UserID?, in organization: OrganizationID) {
    self.init(within: organization)
    if let user { append(user.bytes) }
    separate()
  }

  /// A token among those of a user, or without one of an organization by itself.
  init(_ token: TokenID, of user: UserID?, in organization: OrganizationID) {
    self.init(tokensOf: user, in: organization)
    append(token)
  }

  /// The name of an org token.
  init(orgTokenNamed name: Span<UInt8>, in organization: OrganizationID) {
    self.init(within: organization)
    append(name)
  }

  /// A token by its end, in the order of the ends.
  init(end: Int64, _ id: TokenID) {
    append(bigEndian: UInt64(bitPattern: end))
    append(id)
  }

  mutating func append(_ token: TokenID) {
    append(bigEndian: token.high)
    append(bigEndian: token.low)
  }

  mutating func append(_ principal: Principal) {
    append(principal.tag)
    append(principal.id)
  }
}

extension Principal {
  static let userTag = UInt8(ascii: "u")
  static let teamTag = UInt8(ascii: "t")

  /// The byte that stands before the id in a key.
  var tag: UInt8 {
    switch self {
    case .user: Self.userTag
    case .team: Self.teamTag
    }
  }

  /// The bytes of the user's or the team's id.
  package var id: Span<UInt8> {
    @_lifetime(copy self)
    get {
      switch self {
      case .user(let id): id.bytes
      case .team(let id): id.bytes
      }
    }
  }

  /// The principal of a tag and an id as keys hold them; nil for another tag.
  @_lifetime(copy key)
  init?(key: Span<UInt8>) {
    guard !key.isEmpty else { return nil }
    let id = key.extracting(1..<key.count)
    switch key[0] {
    case Self.userTag: self = .user(UserID(stored: id))
    case Self.teamTag: self = .team(TeamID(stored: id))
    default: return nil
    }
  }
}

// Counts lie beside the rows that they count, so that a limit is checked without a walk. Their keys
// are an organization, a byte for what is counted, and the owner.
extension Key {
  /// The bytes of the counts of what the directory holds.
  static let directoryTags = [UInt8(ascii: "m"), UInt8(ascii: "t"), UInt8(ascii: "w")]

  /// How many members a team has.
  init(memberCountOf team: TeamID, in organization: OrganizationID) {
    self.init(within: organization)
    append(UInt8(ascii: "m"))
    append(team.bytes)
  }

  /// How many teams a user is a member of.
  init(teamCountOf user: UserID, in organization: OrganizationID) {
    self.init(within: organization)
    append(UInt8(ascii: "t"))
    append(user.bytes)
  }

  /// How many tokens a user has, or without one an organization by itself.
  init(tokenCountOf user: UserID?, in organization: OrganizationID) {
    self.init(within: organization)
    append(UInt8(ascii: "k"))
    if let user { append(user.bytes) }
  }

  /// How many writers a resource has.
  init(writerCountOf resource: ResourceReference) {
    self.init(within: resource.organizationID)
    append(UInt8(ascii: "w"))
    append(resource.type.bytes)
    separate()
    append(resource.id.bytes)
  }
}
