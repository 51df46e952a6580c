extension Key {
  /// The key of a writer of a resource.
  init(
    _ organization: Span<UInt8>, _ type: Span<UInt8>, _ resource: Span<UInt8>,
    _ principal: Principal
  ) {
    self.init(organization, type, resource)
    separate()
    append(principal.tag)
    append(principal.id)
  }

  /// The key of a resource that a principal may write.
  init(
    _ organization: Span<UInt8>, _ principal: Principal, _ type: Span<UInt8>,
    _ resource: Span<UInt8>
  ) {
    self.init(organization, principal)
    append(type)
    separate()
    append(resource)
  }

  /// What the keys of all resources begin with that a principal may write.
  init(_ organization: Span<UInt8>, _ principal: Principal) {
    self.init(organization)
    separate()
    append(principal.tag)
    append(principal.id)
    separate()
  }
}
