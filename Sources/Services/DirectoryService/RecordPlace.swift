internal import Identifiers
internal import Messages
internal import RPC

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
