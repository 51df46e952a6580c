internal import Identifiers
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
