extension Policy {
  /// The action with a name such as `dashboard.update`; nil, which denies, if there is none.
  package func action(named name: Span<UInt8>) -> Action? {
    actionTable.index(of: name).map { index in Action(index: UInt16(index)) }
  }

  /// The action's name: type, dot, verb.
  package func name(of action: Action) -> String { actionNames[Int(action.index)] }

  /// The type that the action applies to.
  package func resourceType(of action: Action) -> ResourceType {
    ResourceType(index: typeOfAction[Int(action.index)])
  }

  /// The name of the type that the action applies to.
  package func resourceTypeName(of action: Action) -> String { name(of: resourceType(of: action)) }

  /// The type with that name; nil if there is none.
  package func resourceType(named name: Span<UInt8>) -> ResourceType? {
    typeTable.index(of: name).map { index in ResourceType(index: UInt16(index)) }
  }

  /// The type's name.
  package func name(of type: ResourceType) -> String { typeNames[Int(type.index)] }

  /// Whether the directory stores objects of the type as resources, and whether they have writers.
  package func storage(of type: ResourceType) -> ResourceTypeStorage {
    typeStorage[Int(type.index)]
  }

  /// Whether the name is that of a type whose objects the directory stores.
  package func isResourceType(_ name: Span<UInt8>) -> Bool {
    guard let type = resourceType(named: name) else { return false }
    return storage(of: type) != .intrinsic
  }

  /// Whether the name is that of a type whose objects have writers.
  package func isWritableItem(_ name: Span<UInt8>) -> Bool {
    guard let type = resourceType(named: name) else { return false }
    return storage(of: type) == .writable
  }

  /// How many actions there are; `action(at:)` takes smaller numbers.
  package var actionCount: Int { actionNames.count }

  /// How many types there are; `resourceType(at:)` takes smaller numbers.
  package var resourceTypeCount: Int { typeNames.count }

  /// The action at a position; the actions of a type are adjacent.
  package func action(at position: Int) -> Action {
    precondition(actionNames.indices.contains(position), "a position past the policy's actions")
    return Action(index: UInt16(position))
  }

  /// The type at a position.
  package func resourceType(at position: Int) -> ResourceType {
    precondition(typeNames.indices.contains(position), "a position past the policy's types")
    return ResourceType(index: UInt16(position))
  }

  /// The name of the type at a position.
  package func resourceTypeName(at position: Int) -> String {
    name(of: resourceType(at: position))
  }

  /// The positions of a type's actions.
  package func actionPositions(of type: ResourceType) -> Range<Int> {
    actionStarts[Int(type.index)]..<actionStarts[Int(type.index) + 1]
  }
}

extension Policy {
  static func table(_ rules: [RouteRule], actions: Set<String>) throws(PolicyError) -> RouteTable {
    let table: RouteTable
    do throws(RouteError) { table = try RouteTable(rules) } catch { throw .badRoutes(error) }
    for action in table.actions {
      guard actions.contains(action) else { throw .unknownAction(action) }
    }
    return table
  }

  /// Checks for a valid HTTP/2 header name that has no other meaning here.
  static func checked(tokenHeader name: String) throws(PolicyError) -> String {
    let allowed = { (byte: UInt8) in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard name.utf8.count <= 64, name.utf8.allSatisfy(allowed), name != "authorization",
      name != "host", !name.hasPrefix("x-postern-")
    else { throw .badTokenHeader(name) }
    return name
  }
}
