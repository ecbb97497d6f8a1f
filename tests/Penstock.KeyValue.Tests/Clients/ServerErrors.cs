using System.Globalization;
using System.Text.RegularExpressions;

namespace Penstock.KeyValue.Tests.Clients;

/// <summary>
/// The errors that a server replied with. Libraries swallow those of their own commands, so the server is asked.
/// </summary>
internal static partial class ServerErrors
{
    /// <summary>Checks that these are all there were.</summary>
    /// <param name="server">The server.</param>
    /// <param name="expected">As in <c>incr:1:2</c>: one call of INCR was refused, and two failed.</param>
    /// <param name="unknown">Calls of commands that neither this server nor Redis has.</param>
    public static async Task AreAsync(KeyValueServer server, string[] expected, int unknown = 0)
    {
        using RespClient client = await RespClient.ConnectAsync(server);
        string information = await client.CallAsync("INFO", "everything");
        var commands = new List<string>();
        long total = 0;
        foreach (Match match in CommandLine().Matches(information))
        {
            long errors = Number(match.Groups["rejected"]) + Number(match.Groups["failed"]);
            if (errors > 0)
                commands.Add($"{match.Groups["name"]}:{match.Groups["rejected"]}:{match.Groups["failed"]}");
            total += errors;
        }

        Assert.Equal(expected.Order(StringComparer.Ordinal), commands.Order(StringComparer.Ordinal));

        Assert.Contains($"total_error_replies:{total + unknown}\r\n", information, StringComparison.Ordinal);
    }

    private static long Number(Group group) => long.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"cmdstat_(?<name>[^:]+):.*rejected_calls=(?<rejected>\d+),failed_calls=(?<failed>\d+)")]
    private static partial Regex CommandLine();
}
