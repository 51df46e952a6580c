internal import Permissions

/// What a policy says to a proxy, for people: the routes, the header of the token, and whether
/// browsers may ask ahead.
struct ProxyTable {
  private let routes: [RouteRule]
  private let tokenHeader: String
  private let opensPreflights: Bool

  init(_ policy: Policy) {
    routes = policy.routes.rules
    tokenHeader = policy.tokenHeader
    opensPreflights = policy.opensPreflights
  }

  /// The routes as a table, and a line for each of the others.
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
    case .denied: return "nobody gets through (denied)"
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
