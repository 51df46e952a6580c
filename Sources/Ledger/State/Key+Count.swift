/// What is counted beside its rows, so that a limit is looked at without a walk. The keys begin
/// with the organization, and end with it.
extension Key {
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
