internal import CPQ
internal import Platform

/// Where the database is, as the operator wrote it: `key=value ...` or a URI of libpq.
///
/// A password in it is refused: every user of the machine can read a program's arguments. What the
/// string leaves open comes from the service file and the environment, as with any program of
/// PostgreSQL, and then from here.
package struct ConnectionString: Sendable {
  /// What the string says.
  private let given: [String: String]

  /// Reads a string, and what it refers to.
  ///
  /// - Throws: what is wrong with it, without repeating a password.
  package init(_ text: String) throws(FleetStoreError) {
    try PostgresLibrary.load()
    given = try Self.parse(text)
    for keyword in ["password", "sslpassword"] where given[keyword] != nil {
      throw FleetStoreError(Self.passwordRefusal(keyword))
    }
    try checkPasswordFile(effectiveParameters()["passfile"])
  }

  /// libpq ignores a password file that others may read, or that is missing, and fails later for
  /// want of a password.
  private func checkPasswordFile(_ path: String?) throws(FleetStoreError) {
    guard let path else { return }
    guard let status = try? FileStatus(path: path, followingLinks: true) else {
      if given["passfile"] == nil { return }
      throw FleetStoreError("the password file `\(path)` of the fleet can't be found")
    }
    guard status.permissions & 0o077 == 0 else {
      throw FleetStoreError(
        "the password file `\(path)` of the fleet is open to others: libpq wants mode 0600")
    }
  }

  /// How long a host may take to connect.
  var connectLimitNanoseconds: Int64 {
    let seconds = given["connect_timeout"].flatMap { Int64($0) } ?? 0
    return (seconds > 0 ? min(seconds, 60) : 5) * 1_000_000_000
  }

  /// The parameters for each host, in the order to try them. Reads the service file.
  func hosts() throws(FleetStoreError) -> [[(keyword: String, value: String)]] {
    let effective = try effectiveParameters()
    let names = Self.list(effective["host"])
    let addresses = Self.list(effective["hostaddr"])
    let ports = Self.list(effective["port"])
    let count = max(names.count, addresses.count, 1)
    func entry(_ list: [String], _ index: Int) -> String {
      list.count == 1 ? list[0] : index < list.count ? list[index] : ""
    }
    return (0..<count).map { index in
      var parameters = given
      for (keyword, list) in [("host", names), ("hostaddr", addresses), ("port", ports)] {
        let value = entry(list, index)
        parameters[keyword] = value.isEmpty ? nil : value
      }
      for (keyword, value) in Self.defaults where effective[keyword, default: ""].isEmpty {
        parameters[keyword] = value
      }
      let mode = effective["sslmode"]
      let isLocal = Self.isLocal(entry(names, index), address: entry(addresses, index))
      // libpq's own default, which neither encrypts nor authenticates for certain.
      if given["sslmode"] == nil, mode == nil || mode == "prefer" || mode == "allow", !isLocal {
        parameters["sslmode"] = "verify-full"
      }
      if count > 1, given["target_session_attrs"] == nil, effective["target_session_attrs"] == nil {
        parameters["target_session_attrs"] = "read-write"
      }
      return parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
  }

  /// What holds unless the string, the service file or the environment say otherwise. A pooler
  /// accepts all of it.
  private static let defaults = [
    ("application_name", "postern"), ("keepalives_idle", "30"), ("keepalives_interval", "5"),
    ("keepalives_count", "3"), ("tcp_user_timeout", "10000"), ("client_encoding", "UTF8"),
  ]

  /// The parameters as libpq understands them, with the service file and the environment.
  ///
  /// libpq tells them of a connection only, so one is begun with a value that it refuses after it
  /// has read all of them, and before it looks up or opens anything.
  private func effectiveParameters() throws(FleetStoreError) -> [String: String] {
    var asked = given
    asked[Self.refused.keyword] = Self.refused.value
    guard let probe = PostgresHandle(asked.map { ($0.key, $0.value) }) else {
      throw FleetStoreError("libpq has no memory")
    }
    let options = unsafe cpq_options(probe.pointer)
    // SAFETY: the list was allocated by the call, and nothing keeps a pointer into it.
    defer { unsafe cpq_free_options(options) }
    var values = unsafe Self.values(of: options)
    guard values[Self.refused.keyword] == Self.refused.value,
      probe.message.contains(Self.refused.value)
    else {
      throw FleetStoreError("the connection string of the fleet is refused: \(probe.message)")
    }
    values[Self.refused.keyword] = given[Self.refused.keyword]
    return values
  }

  private static let refused = (keyword: "target_session_attrs", value: "none of them")

  private static func parse(_ text: String) throws(FleetStoreError) -> [String: String] {
    // SAFETY: the list and the message were allocated by the call and are freed here.
    var error: UnsafeMutablePointer<CChar>? = nil
    let options = unsafe cpq_parse(text, &error)
    defer {
      unsafe cpq_free_options(options)
      unsafe cpq_free_memory(error)
    }
    guard unsafe options != nil else {
      // The message repeats parts of the string.
      let mayHoldPassword =
        text.lowercased().contains("password") || text.contains("@") && text.contains("://")
      let detail = unsafe error.map { unsafe ": \(OneLine.text($0))" } ?? ""
      throw FleetStoreError(
        "the connection string of the fleet can't be read\(mayHoldPassword ? "" : detail)")
    }
    return unsafe values(of: options)
  }

  /// The options that have a value.
  @unsafe private static func values(
    of options: UnsafeMutablePointer<cpq_option>?
  ) -> [String: String] {
    // SAFETY: the list ends with an option without a keyword.
    var values: [String: String] = [:]
    var next = unsafe options
    while let option = unsafe next, let keyword = unsafe option.pointee.keyword {
      if let value = unsafe option.pointee.value, unsafe value.pointee != 0 {
        let keyword = unsafe String(cString: keyword)
        // Of a password, which may come from the environment, only that there is one.
        values[keyword] = keyword.hasSuffix("password") ? "given" : unsafe String(cString: value)
      }
      unsafe next = option + 1
    }
    return values
  }

  private static func list(_ value: String?) -> [String] {
    guard let value else { return [] }
    return value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  /// Whether a connection stays on this machine.
  private static func isLocal(_ host: String, address: String) -> Bool {
    let target = address.isEmpty ? host : address
    return target.isEmpty || target.hasPrefix("/") || target.hasPrefix("@")
      || target == "localhost" || target == "::1"
      || target.hasPrefix("127.") && target.allSatisfy { $0 == "." || $0.isNumber }
  }

  private static func passwordRefusal(_ keyword: String) -> String {
    """
    the connection string of the fleet holds `\(keyword)`, which others can read in the list of \
    processes: put it into a password file (`passfile=`, ~/.pgpass) or into PGPASSWORD
    """
  }
}
