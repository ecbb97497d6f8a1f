namespace Penstock.Testing;

/// <summary>System calls that fail below the runtime, at the hand of <c>strace</c>.</summary>
internal static class Strace
{
    /// <summary>What <c>strace</c> is started with, program first; what it traces follows.</summary>
    /// <param name="record">The file that lists the calls.</param>
    /// <param name="calls">The calls' names, separated by commas.</param>
    /// <param name="failure">How they fail, in strace's words: <c>error=EIO</c>, perhaps <c>:when=2</c>, which counts
    /// for each thread.</param>
    /// <param name="files">The files that the calls must concern, by every name that a call may have for them; none for
    /// all calls.</param>
    public static string[] Words(string record, string calls, string failure, params string[] files) =>
    [
        Tools.Require("strace"), "-f", "-o", record, .. files.SelectMany(file => new[] { "-P", file }),
        "-e", $"trace={calls}", "-e", $"inject={calls}:{failure}",
    ];

    /// <summary>How many calls were made to fail so far.</summary>
    public static int CountInjected(string record) =>
        File.ReadLines(record).Count(line => line.Contains("(INJECTED)", StringComparison.Ordinal));
}
