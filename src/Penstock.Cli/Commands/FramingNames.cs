using System.CommandLine;
using Penstock.Broadcast;

namespace Penstock.Cli.Commands;

/// <summary>What the command line calls framings.</summary>
internal static class FramingNames
{
    private static readonly Dictionary<string, BroadcastFraming> Framings = new()
    {
        ["raw"] = BroadcastFraming.Raw,
        ["lines"] = BroadcastFraming.Lines,
        ["u32"] = BroadcastFraming.UInt32LittleEndian,
        ["u64be"] = BroadcastFraming.UInt64BigEndian,
    };

    public static Option<Choice<BroadcastFraming>> CreateOption() => Options.Choice(
        "--framing",
        "What a message is: the bytes of one read, a line, or a length and that many bytes "
        + "(32-bit little-endian or 64-bit big-endian).",
        Framings,
        BroadcastFraming.Lines);
}
