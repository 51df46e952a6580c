/// What is counted beside its rows, so that a limit is looked at without a walk. The keys begin
/// with the organization, and end with it.
extension Key {
  /// What tells the counts of what the directory holds from each other, behind the organization.
  static let directoryTags = [UInt8(ascii: "m"), UInt8(ascii: "t"), UInt8(ascii: "w")]

  /// The key of how many members a team has.
  init(membersOf team: Span<UInt8>, _ organization: Span<UInt8>) {
    self.init(within: organization)
    append(UInt8(ascii: "m"))
    append(team)
  }

  /// The key of how many teams a user is a member of.
  init(teamsOf user: Span<UInt8>, _ organization: Span<UInt8>) {
    self.init(within: organization)
    append(UInt8(ascii: "t"))
    append(user)
  }

  /// The key of how many tokens a user has, or with an empty `owner` an organization by itself.
  init(tokensOf owner: Span<UInt8>, _ organization: Span<UInt8>) {
    self.init(within: organization)
    append(UInt8(ascii: "k"))
    append(owner)
  }

  /// The key of how many writers a resource has.
  init(writersOf resource: Span<UInt8>, _ type: Span<UInt8>, _ organization: Span<UInt8>) {
    self.init(writersOf: type, organization)
    separate()
    append(resource)
  }

  /// The same for a resource as `type NUL id`.
  init(writersOf resource: Span<UInt8>, _ organization: Span<UInt8>) {
    self.init(within: organization)
    append(UInt8(ascii: "w"))
    append(resource)
  }
}
