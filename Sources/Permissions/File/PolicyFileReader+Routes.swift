internal import JSON5

// The routes that a proxy asks about:
// `"GET /v2/report/{id}": { action: "report.export", resource: "id" }`. One of the words `open`,
// `authenticated` and `denied` can replace the object. A route in the file replaces the built-in
// route of the same method and path.
extension PolicyFileReader {
  mutating func readRoutes(_ value: JSON5Value) {
    let members = members(of: value, "`routes`")
    guard members.count <= RouteTable.maximumCount else {
      return report(value.place, RouteError.tooMany(maximum: RouteTable.maximumCount).message)
    }
    var shapes: Set<String> = []
    var own: [RouteRule] = []
    for member in members {
      guard let rule = route(member) else { continue }
      if shapes.insert(Self.shape(of: rule)).inserted {
        own.append(rule)
      } else {
        report(member.place, RouteError.duplicate(route: member.key).message)
      }
    }
    routes = routes.filter { !shapes.contains(Self.shape(of: $0)) } + own
    do throws(RouteError) {
      _ = try RouteTable(routes)
    } catch {
      // Each route is valid alone, so two of them conflict.
      report(value.place, error.message)
    }
  }

  mutating func readTokenHeader(_ value: JSON5Value) {
    guard case .string(let name) = value.content else {
      return report(value.place, "`token_header` must be the name of a header, not \(value.kind)")
    }
    do throws(PolicyError) {
      tokenHeader = try Policy.checked(tokenHeader: name)
    } catch {
      report(value.place, error.message)
    }
  }

  mutating func readPreflight(_ value: JSON5Value) {
    switch value.content {
    case .string("open"): opensPreflights = true
    case .string("denied"): opensPreflights = false
    default: report(value.place, "`cors_preflight` must be `open` or `denied`")
    }
  }

  /// The rule of one route; nil if something is wrong with it.
  private mutating func route(_ member: JSON5Member) -> RouteRule? {
    let parts = member.key.split(separator: " ", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      report(member.place, "`\(member.key)` is not a route: it must be `METHOD /path`")
      return nil
    }
    var rule: RouteRule?
    switch member.value.content {
    case .string("open"): rule = RouteRule(parts[0], parts[1], access: .open)
    case .string("authenticated"): rule = RouteRule(parts[0], parts[1], access: .authenticated)
    case .string("denied"): rule = RouteRule(parts[0], parts[1], access: .denied)
    case .object: rule = actionRoute(member.value, method: parts[0], template: parts[1])
    default:
      report(
        member.value.place,
        "a route must be an object with an `action`, or `open`, `authenticated` or `denied`")
    }
    guard let rule else { return nil }
    do throws(RouteError) {
      _ = try RouteTable([rule])
      return rule
    } catch {
      report(member.place, error.message)
      return nil
    }
  }

  private mutating func actionRoute(
    _ value: JSON5Value, method: String, template: String
  ) -> RouteRule? {
    var texts: [String: String] = [:]
    let keys = ["action", "resource", "user", "organization"]
    for field in members(of: value, "a route", keys: keys) {
      guard case .string(let text) = field.value.content else {
        report(field.value.place, "`\(field.key)` must be a string, not \(field.value.kind)")
        return nil
      }
      if field.key == "action", !isAction(text) {
        report(field.value.place, PolicyError.unknownAction(text).message)
        return nil
      }
      texts[field.key] = text
    }
    guard let action = texts["action"] else {
      report(value.place, "a route must name its `action`")
      return nil
    }
    return RouteRule(
      method, template, access: .action(action), resource: texts["resource"], user: texts["user"],
      organization: texts["organization"])
  }

  /// The method and path without the names of variables: equal for two routes that conflict.
  private static func shape(of rule: RouteRule) -> String {
    let segments = rule.template.split(separator: "/", omittingEmptySubsequences: false)
    let shapes = segments.map { $0.hasPrefix("{") ? "{}" : String($0) }
    return rule.method + " " + shapes.joined(separator: "/")
  }
}
