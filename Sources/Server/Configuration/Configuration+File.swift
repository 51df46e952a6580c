internal import JSON5
internal import Platform

extension Configuration {
  /// The most bytes of a configuration file.
  private static var maximumBytes: Int { 1 << 20 }

  /// Reads a JSON5 file: one object, a key for each setting, a list for what a flag may repeat.
  mutating func read(file path: String) throws(ConfigurationError) {
    let bytes: [UInt8]
    do { bytes = try SmallFile.read(path: path, maximumBytes: Self.maximumBytes) } catch {
      throw ConfigurationError("`\(path)` can't be read: \(error)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError("`\(path)` can't be read as JSON5: it is not UTF-8")
    }
    let members: [JSON5Member]
    do { members = try Self.members(of: text) } catch {
      throw ConfigurationError(
        "`\(path)` can't be read as JSON5: line \(error.place.line), column "
          + "\(error.place.column): \(error.problem)")
    }
    for member in members { try apply(member, of: path) }
  }

  /// The members of the one object, with values that a setting can have.
  private static func members(of text: String) throws(JSON5Error) -> [JSON5Member] {
    let root = try JSON5Reader.read(text, limits: JSON5Limits(depth: 2, values: 4096))
    guard case .object(let members) = root.content else {
      throw JSON5Error(root.place, "expected an object of settings")
    }
    for member in members {
      for value in elements(of: member.value) where Self.text(of: value) == nil {
        throw JSON5Error(value.place, "expected a string, a whole number, or a list of them")
      }
    }
    return members
  }

  /// A list is for what a flag may repeat.
  private static func elements(of value: JSON5Value) -> [JSON5Value] {
    if case .list(let elements) = value.content { return elements }
    return [value]
  }

  private static func text(of value: JSON5Value) -> String? {
    switch value.content {
    case .string(let text), .number(let text): text
    case .boolean(let flag): "\(flag)"
    case .null, .list, .object: nil
    }
  }

  private mutating func apply(
    _ member: JSON5Member, of path: String
  ) throws(ConfigurationError) {
    let (key, line) = (member.key, member.place.line)
    guard let setting = Setting.all.first(where: { $0.key == key }) else {
      throw ConfigurationError("`\(path)`, line \(line): unknown key `\(key)`")
    }
    for text in Self.elements(of: member.value).compactMap(Self.text(of:)) {
      do {
        try setting.apply(&self, text)
      } catch {
        switch error {
        case .malformed:
          throw ConfigurationError(
            "`\(path)`, line \(line): `\(text)` is not a valid value for `\(key)`: "
              + setting.summary)
        case .outOfRange(let lowest, let highest):
          throw ConfigurationError(
            "`\(path)`, line \(line): `\(key)` is \(lowest) to \(highest), and not `\(text)`")
        case .account(let error):
          throw ConfigurationError("`\(path)`, line \(line): `\(key)`: \(error)")
        }
      }
    }
  }
}
