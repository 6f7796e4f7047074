module Tide
  Row = Struct.new(:harbour, :metres, keyword_init: true) do
    def to_s = "#{harbour.capitalize}: #{'%.2f' % metres}m"
  end
  def self.highest(rows) = rows.reject { |r| r.metres.nil? }.max_by(&:metres)&.to_s || :none
end
puts Tide.highest([Tide::Row.new(harbour: "kiel", metres: 0.4)]) unless ARGV.include?('--quiet')
