internal import JSON5
internal import Permissions

/// A policy as a table for people: the action that each API area asks for, in the order of the API
/// documentation.
struct PolicyTable {
  /// The areas of the built-in types, in the order of the documentation.
  private static let areas: [(name: String, types: [String])] = [
    ("Integrations", ["integration"]), ("Org tokens", ["org_token"]),
    ("Dashboards and dashboard groups", ["dashboard", "dashboard_group"]),
    ("Detectors", ["detector"]),
    ("Organizations", ["organization", "organization_user", "metric_category"]),
    ("Teams", ["team"]), ("User API access tokens", ["user_token"]),
    ("Sending data", ["datapoint"]),
    ("Audit, usage and export", ["audit", "usage", "directory"]),
  ]

  /// One row.
  struct Row {
    let area: String
    let action: String
    /// The organization; empty if the row holds everywhere.
    let organization: String
    let allowedFor: [[String]]
  }

  let rows: [Row]
  /// Whether a token ends at the latest with the token that issued it.
  private let tokensEndWithIssuer: Bool
  /// The rules for a proxy.
  private let proxy: ProxyTable

  init(_ policy: Policy) {
    let known = Set(Self.areas.flatMap(\.types))
    let own = (0..<policy.resourceTypeCount).map { policy.resourceTypeName(at: $0) }
      .filter { !known.contains($0) }
    let types = Self.areas.flatMap { area in area.types.map { (area.name, $0) } }
    var rows: [Row] = []
    for (area, type) in types + own.map({ ("Own: \($0)", $0) }) {
      guard let type = policy.resourceType(named: type.utf8Span.span) else { continue }
      for position in policy.actionPositions(of: type) {
        rows += Self.rows(of: policy.action(at: position), area: area, in: policy)
      }
    }
    self.rows = rows
    tokensEndWithIssuer = policy.tokensEndWithIssuer
    proxy = ProxyTable(policy)
  }

  private static func rows(of action: Action, area: String, in policy: Policy) -> [Row] {
    let owners = policy.organizationIDs.filter { organization in
      policy.hasOwnRule(for: action, in: organization.utf8Span.span)
    }
    return ([""] + owners).map { organization in
      let alternatives = policy.alternatives(of: action, in: organization.utf8Span.span)
      return Row(
        area: area, action: policy.name(of: action), organization: organization,
        allowedFor: alternatives.map { $0.map(policy.name(of:)) })
    }
  }

  /// The table. Operators may do nearly everything, so they are omitted where others are allowed,
  /// too.
  var text: String {
    var table = TextTable(["API", "ACTION", "ALLOWED FOR"])
    var area = ""
    for row in rows {
      let others = row.allowedFor.filter { $0 != ["operator"] }
      let names = others.map { $0.joined(separator: " and ") }.joined(separator: ", ")
      let action =
        row.organization.isEmpty ? row.action : "\(row.action) (in \(row.organization))"
      table.add([row.area == area ? "" : row.area, action, names])
      area = row.area
    }
    let cap =
      tokensEndWithIssuer
      ? "A token that another one issues ends with that one at the latest.\n" : ""
    return table.text + cap + "\n" + proxy.text
  }

  /// The same as one JSON document, including operators.
  var jsonText: String {
    let rows = rows.map { row in
      var object = JSONObject()
      object.add("api", JSONObject.quoted(row.area))
      object.add("action", JSONObject.quoted(row.action))
      if !row.organization.isEmpty {
        object.add("organizationId", JSONObject.quoted(row.organization))
      }
      let sets = row.allowedFor.map { set in
        "[" + set.map(JSONObject.quoted).joined(separator: ",") + "]"
      }
      object.add("allowedFor", "[" + sets.joined(separator: ",") + "]")
      return object.text
    }
    let cap = tokensEndWithIssuer ? ",\"issuedTokens\":{\"endWithIssuer\":true}" : ""
    return "{\"actions\":[" + rows.joined(separator: ",") + "]\(cap),\(proxy.jsonMembers)}"
  }
}

/// The policy's rules for a proxy, for people: the routes, the header of the token, and whether
/// browsers may send preflight requests.
struct ProxyTable {
  private let routes: [RouteRule]
  private let tokenHeader: String
  private let opensPreflights: Bool

  init(_ policy: Policy) {
    routes = policy.routes.rules
    tokenHeader = policy.tokenHeader
    opensPreflights = policy.opensPreflights
  }

  /// The routes as a table, and a line for each other rule.
  var text: String {
    var table = TextTable(["ROUTE", "ASKS FOR"])
    for route in routes {
      table.add(["\(route.method) \(route.template)", Self.text(of: route)])
    }
    let header = tokenHeader.isEmpty ? "" : " or `\(tokenHeader)`"
    return table.text + "\nA token comes in `authorization: Bearer`\(header).\n"
      + "CORS preflights are \(opensPreflights ? "open where there is a route" : "denied").\n"
  }

  private static func text(of route: RouteRule) -> String {
    switch route.access {
    case .open: return "nothing (open)"
    case .authenticated: return "any user's token, or an org token with scope:api (authenticated)"
    case .denied: return "no request passes (denied)"
    case .action(let action):
      let variables = variables(of: route).map { " \($0.name) {\($0.variable)}" }
      return action + (variables.isEmpty ? "" : " on" + variables.joined(separator: ","))
    }
  }

  private static func variables(of route: RouteRule) -> [(name: String, variable: String)] {
    [
      ("resource", route.resource), ("user", route.user), ("organization", route.organization),
    ].compactMap { name, variable in variable.map { (name, $0) } }
  }

  /// The same as members of a JSON object, in the form of a policy file.
  var jsonMembers: String {
    let routes = routes.map { route in
      var object = JSONObject()
      object.add("route", JSONObject.quoted("\(route.method) \(route.template)"))
      switch route.access {
      case .open: object.add("access", JSONObject.quoted("open"))
      case .authenticated: object.add("access", JSONObject.quoted("authenticated"))
      case .denied: object.add("access", JSONObject.quoted("denied"))
      case .action(let action):
        object.add("action", JSONObject.quoted(action))
        for (name, variable) in Self.variables(of: route) {
          object.add(name, JSONObject.quoted(variable))
        }
      }
      return object.text
    }
    return "\"routes\":[" + routes.joined(separator: ",") + "],\"tokenHeader\":"
      + JSONObject.quoted(tokenHeader) + ",\"corsPreflight\":"
      + JSONObject.quoted(opensPreflights ? "open" : "denied")
  }
}

/// The findings in a file, as lines that editors understand or as JSON.
struct PolicyFindings {
  let path: String
  let findings: [JSON5Error]

  /// A line for each finding: `FILE:LINE:COLUMN: what is wrong`.
  func lines(_ kind: String = "") -> [String] {
    findings.map { finding in
      DisplayText(
        "\(path):\(finding.place.line):\(finding.place.column): \(kind)\(finding.problem)"
      ).description
    }
  }

  /// A list of objects.
  var jsonText: String {
    let objects = findings.map { finding in
      var object = JSONObject()
      object.add("line", "\(finding.place.line)")
      object.add("column", "\(finding.place.column)")
      object.add("problem", JSONObject.quoted(finding.problem))
      return object.text
    }
    return "[" + objects.joined(separator: ",") + "]"
  }
}
