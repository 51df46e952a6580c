/// Writes pictures as SVG: text and shapes whose colours a style sheet gives, one for light pages
/// and one for dark ones.
struct Drawing {
  private let width: Double
  private let height: Double
  private let title: String
  private var elements: [String] = []

  /// How text stands to its place.
  enum Anchor: String { case start, middle, end }

  init(title: String, width: Double, height: Double) {
    (self.title, self.width, self.height) = (title, width, height)
    addText(title, x: 16, y: 26, .start, style: "title")
  }

  mutating func addText(
    _ text: String, x: Double, y: Double, _ anchor: Anchor, style: String = "text",
    turned degrees: Double = 0
  ) {
    let turn = degrees == 0 ? "" : " transform=\"rotate(\(at(degrees)) \(at(x)) \(at(y)))\""
    elements.append(
      "<text class=\"\(style)\" x=\"\(at(x))\" y=\"\(at(y))\" text-anchor=\"\(anchor.rawValue)\""
        + "\(turn)>\(Self.escaped(text))</text>")
  }

  mutating func addLine(x: (Double, Double), y: (Double, Double), style: String) {
    elements.append(
      "<line class=\"\(style)\" x1=\"\(at(x.0))\" y1=\"\(at(y.0))\" x2=\"\(at(x.1))\""
        + " y2=\"\(at(y.1))\"/>")
  }

  /// A line through points, in the colour of a series.
  mutating func addPath(_ points: [(x: Double, y: Double)], series: Int) {
    let text = points.map { "\(at($0.x)),\(at($0.y))" }.joined(separator: " ")
    elements.append("<polyline class=\"line s\(series % Self.colourCount)\" points=\"\(text)\"/>")
  }

  mutating func addDot(x: Double, y: Double, series: Int) {
    elements.append(
      "<circle class=\"dot s\(series % Self.colourCount)\" cx=\"\(at(x))\" cy=\"\(at(y))\""
        + " r=\"3\"/>")
  }

  mutating func addBar(x: Double, y: Double, width: Double, height: Double, series: Int) {
    elements.append(
      "<rect class=\"dot s\(series % Self.colourCount)\" x=\"\(at(x))\" y=\"\(at(y))\""
        + " width=\"\(at(width))\" height=\"\(at(height))\"/>")
  }

  /// Tenths of a unit.
  private func at(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let rest = abs(tenths) % 10
    return "\(sign)\(abs(tenths) / 10)" + (rest == 0 ? "" : ".\(rest)")
  }

  static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  // Eight colours that people who see few colours can tell apart (Okabe and Ito), some lighter on
  // dark pages.
  private static let lightColours = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#000000",
  ]
  private static let darkColours = [
    "#56b4e9", "#ff8c42", "#2fd6a4", "#e6a5ca", "#f0c14b", "#9fd4f5", "#a0a0a0", "#ffffff",
  ]
  private static var colourCount: Int { lightColours.count }

  private static func style(_ colours: [String], ink: String, grid: String) -> String {
    let series = colours.enumerated().map { ".s\($0.offset){--c:\($0.element)}" }
    return ".text{fill:\(ink)}.title{fill:\(ink)}.grid{stroke:\(grid)}.axis{stroke:\(ink)}"
      + series.joined()
  }

  /// The whole picture.
  var svg: String {
    let size = "\(at(width)) \(at(height))"
    let light = Self.style(Self.lightColours, ink: "#1d1d1f", grid: "#d9d9de")
    let dark = Self.style(Self.darkColours, ink: "#f5f5f7", grid: "#48484c")
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" role="img">
      <title>\(Self.escaped(title))</title>
      <style>
      text{font:12px system-ui,sans-serif}.title{font-size:15px;font-weight:600}
      .line{fill:none;stroke:var(--c);stroke-width:2}.dot{fill:var(--c)}
      \(light)
      @media (prefers-color-scheme:dark){\(dark)}
      </style>
      \(elements.joined(separator: "\n"))
      </svg>

      """
  }
}
