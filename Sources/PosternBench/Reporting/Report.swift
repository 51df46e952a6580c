/// What a run found: figures in the order of measuring, and the ratios that are worth quoting.
struct Report: Encodable {
  let tokenCount: Int
  var anonymousKibibytes = 0
  private(set) var figures: [FigureReport] = []

  init(tokenCount: Int) {
    self.tokenCount = tokenCount
  }

  mutating func add(_ name: String, _ rounds: [Figure]) {
    figures.append(FigureReport(name: name, rounds: rounds))
  }

  private enum CodingKeys: String, CodingKey {
    case tokenCount, anonymousKibibytes, figures, ratios
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(tokenCount, forKey: .tokenCount)
    try container.encode(anonymousKibibytes, forKey: .anonymousKibibytes)
    try container.encode(figures, forKey: .figures)
    try container.encode(ratios, forKey: .ratios)
  }
}
