using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Penstock.KeyValue.Tests.Transcript;

/// <summary>What Redis replies, we reply: byte for byte, over a conversation that uses every command.</summary>
public sealed class TranscriptTests
{
    [Fact]
    public async Task Every_command_is_answered_as_redis_answers_it()
    {
        string redisServer = Tools.Require("redis-server");

        // A port that was free a moment ago may be another test's by now; a path is nobody else's.
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "redis.sock");
        using var redis = new ChildProcess(
            redisServer, "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no");
        await using KeyValueServer server = Servers.Start(loops: 2);
        using RespClient theirs = await ConnectWhenUpAsync(new UnixDomainSocketEndPoint(path));
        using RespClient ours = await RespClient.ConnectAsync(server);

        string commands = Path.Combine(AppContext.BaseDirectory, "Transcript", "commands.txt");
        string[] lines = await File.ReadAllLinesAsync(commands, TestContext.Current.CancellationToken);
        var differences = new StringBuilder();
        int count = 0;
        foreach (string line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            count++;
            char mode = line[0] is '~' or '?' ? line[0] : ' ';
            string[] words = CommandLine.Split(mode == ' ' ? line : line[1..]);
            string expected = await ConverseAsync(theirs, words, mode);
            string actual = await ConverseAsync(ours, words, mode);
            if (expected != actual)
                differences.AppendLine(CultureInfo.InvariantCulture, $"{line}\n  redis: {expected}\n  ours:  {actual}");
        }

        Assert.True(count >= 200, $"Only {count} commands were compared.");
        Assert.True(differences.Length == 0, differences.ToString());
    }

    private static async Task<string> ConverseAsync(RespClient client, string[] words, char mode)
    {
        await client.SendAsync(RespClient.Encode(words));
        if (mode == '~')
            return string.Join(',', (await client.ReadElementsAsync()).Order(StringComparer.Ordinal));
        string reply = await client.ReadAsync();
        if (mode == '?')
            return reply[..1];

        // A subscription is confirmed once for every name.
        if (words[0] is "SUBSCRIBE" or "PSUBSCRIBE")
        {
            for (int i = 2; i < words.Length; i++)
                reply += await client.ReadAsync();
        }

        return reply;
    }

    private static async Task<RespClient> ConnectWhenUpAsync(EndPoint server)
    {
        RespClient? client = null;
        await Until.TrueAsync(async () =>
        {
            try
            {
                client = await RespClient.ConnectAsync(server);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
        return client!;
    }
}
