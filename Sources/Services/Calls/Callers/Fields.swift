internal import Identifiers
internal import Messages
internal import RPC
internal import Tokens

/// Reads the fields of a request, and names the field in the refusal.
enum Fields {
  @_lifetime(copy bytes)
  static func organizationID(
    _ bytes: Span<UInt8>, _ field: StaticString = "organization_id"
  ) throws(Status) -> OrganizationID {
    do { return try OrganizationID(bytes, field: field) } catch { throw invalid(error) }
  }

  @_lifetime(copy bytes)
  static func userID(
    _ bytes: Span<UInt8>, _ field: StaticString = "user_id"
  ) throws(Status) -> UserID {
    do { return try UserID(bytes, field: field) } catch { throw invalid(error) }
  }

  /// The id of an organization, or nil for an empty field.
  @_lifetime(copy bytes)
  static func optionalOrganizationID(_ bytes: Span<UInt8>) throws(Status) -> OrganizationID? {
    if bytes.isEmpty { return nil }
    return try organizationID(bytes)
  }

  /// The id of a user, or nil for an empty field.
  @_lifetime(copy bytes)
  static func optionalUserID(_ bytes: Span<UInt8>) throws(Status) -> UserID? {
    if bytes.isEmpty { return nil }
    return try userID(bytes)
  }

  @_lifetime(copy bytes)
  static func teamID(
    _ bytes: Span<UInt8>, _ field: StaticString = "team_id"
  ) throws(Status) -> TeamID {
    do { return try TeamID(bytes, field: field) } catch { throw invalid(error) }
  }

  @_lifetime(copy bytes)
  static func resourceID(
    _ bytes: Span<UInt8>, _ field: StaticString = "resource_id"
  ) throws(Status) -> ResourceID {
    do { return try ResourceID(bytes, field: field) } catch { throw invalid(error) }
  }

  /// The resource with the `resource_id` of a request, of a type that was found in the policy.
  @_lifetime(copy id, copy type, copy organization)
  static func resource(
    _ id: Span<UInt8>, ofCheckedType type: Span<UInt8>, in organization: OrganizationID
  ) throws(Status) -> ResourceReference {
    ResourceReference(
      in: organization, type: ResourceTypeName(stored: type), id: try resourceID(id))
  }

  @_lifetime(copy bytes)
  static func text(
    _ bytes: Span<UInt8>, _ field: StaticString, bounds: FreeTextBounds = .displayName
  ) throws(Status) -> FreeText {
    do { return try FreeText(bytes, field: field, bounds: bounds) } catch { throw invalid(error) }
  }

  static func tokenID(
    _ bytes: Span<UInt8>, _ field: StaticString = "token_id"
  ) throws(Status) -> TokenID {
    guard let id = TokenID(parsing: bytes) else {
      throw invalid("`\(field)` is not a token id of 22 base62 characters", field)
    }
    return id
  }

  /// The number of items on a page; more than the limit counts as the limit.
  static func pageSize(_ size: Int32, _ limits: ServiceLimits) throws(Status) -> Int {
    guard size >= 0 else { throw invalid("`page_size` must not be negative", "page_size") }
    return size == 0 ? limits.defaultPageSize : min(Int(size), limits.pageSize)
  }

  static func invalid(_ message: String, _ field: StaticString) -> Status {
    Status(
      .invalidArgument, message, reason: "INVALID_FIELD", metadata: [("field", "\(field)")])
  }

  private static func invalid(_ error: InvalidField) -> Status {
    invalid(error.message, error.field)
  }
}

extension Fields {
  /// The indices of the paths that a mask names, which must be some of `paths`; a path that is
  /// named twice comes twice.
  static func mask(
    _ mask: GoogleProtobuf.FieldMask?, _ paths: [String]
  ) throws(Status) -> [Int] {
    guard let mask, mask.pathsCount > 0 else {
      throw invalid("`update_mask` must name a field to change", "update_mask")
    }
    var found: [Int] = []
    for index in 0..<mask.pathsCount {
      let given = mask.paths(at: index)
      guard let known = paths.firstIndex(where: { given.isEqual(to: $0.utf8Span.span) }) else {
        // Not repeated: it may be of any length.
        let names = paths.map { "`\($0)`" }.joined(separator: ", ")
        throw invalid("`update_mask` may name \(names) and nothing else", "update_mask")
      }
      found.append(known)
    }
    return found
  }

  /// A time in nanoseconds since 1970, at the nearest bound when it doesn't fit.
  static func time(
    _ time: GoogleProtobuf.Timestamp, _ field: StaticString
  ) throws(Status) -> Int64 {
    guard (0..<1_000_000_000).contains(time.nanos) else {
      throw invalid("`\(field)` is not a valid time: `nanos` must be 0 to 999,999,999", field)
    }
    return TokenLifetime.saturatingNanoseconds(seconds: time.seconds, nanoseconds: time.nanos)
  }

  /// A time after now.
  static func futureTime(
    _ time: GoogleProtobuf.Timestamp, _ field: StaticString, nowNanoseconds: Int64
  ) throws(Status) -> Int64 {
    let nanoseconds = try Self.time(time, field)
    guard nanoseconds > nowNanoseconds else {
      throw invalid("`\(field)` must be in the future", field)
    }
    return nanoseconds
  }

  /// The scopes of a request as a set.
  static func scopes(
    count: Int, _ scope: (Int) -> PosternV1.TokenScope
  ) throws(Status) -> TokenScopes {
    var scopes: TokenScopes = []
    for index in 0..<count {
      let value = scope(index)
      guard let known = PosternServices.scopes.first(where: { $0.value == value }) else {
        throw invalid("`scopes` holds the unknown scope \(value.rawValue)", "scopes")
      }
      scopes.insert(known.bit)
    }
    return scopes
  }

  /// The refusal of an org token that would have no scope.
  static var noScope: Status {
    invalid("`scopes` must name at least one scope for an org token", "scopes")
  }
}

extension String {
  /// A copy of borrowed text, for a message.
  init(copying bytes: Span<UInt8>) {
    self.init(decoding: Array(copying: bytes), as: UTF8.self)
  }
}
