using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Penstock.Tests.Cli;

/// <summary>
/// Every server once more where its clients have taken all descriptors before the first of them asks for anything: what
/// answering needs was opened before the server said that it listens.
/// </summary>
public sealed class FirstRequestTests
{
    private const int Limit = 400;

    public static TheoryData<string, string, string, string> Servers => new()
    {
        { "echo", "", "\u0005\0\0\0hello", "\u0005\0\0\0hello" },
        { "broadcast", "", "hello\n", "hello\n" },
        { "http", "", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200" },
        { "http", "", "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200" },
        { "http", "", "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 200" },
        { "kv --resp-port 0", "edis", "SET a b\r\n", "+OK" },
        { "kv --resp-port 0", "edis", "INFO\r\n", "$" },
        { "kv --resp-port 0", "edis", "CONFIG SET requirepass secret\r\n", "+OK" },
        { "kv --resp-port 0", "rotobuf", "\r\0\0\0\n\u0001a\u0012\u0001b\u0018\u0003@EOF@", "\a\0\0\0\u0018\u0003" },
    };

    private static CancellationToken Canceled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task The_first_request_is_answered_when_the_descriptors_are_gone(
        string name, string said, string request, string reply)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The limit is set with a Linux shell.");
        await using CliProcess server = CliProcess.StartWithDescriptorLimit(
            Limit, ["serve", .. name.Split(' '), "--port", "0", "--loops", "1"]);
        IPEndPoint endPoint = await server.WaitEndPointAsync(said);
        List<Socket> clients = [];
        try
        {
            for (int i = 0; i < 2 * Limit; i++)
            {
                clients.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                await clients[i].ConnectAsync(endPoint, Canceled);
            }

            await Patience.UntilAsync(
                () => server.Errors.Any(line => line.Contains("EMFILE", StringComparison.Ordinal)),
                "the server has no descriptor left");
            Assert.StartsWith(reply, await AskAsync(clients[0], request), StringComparison.Ordinal);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await Patience.UntilAsync(() => IsAnsweredAsync(endPoint, request, reply));
    }

    private static async Task<bool> IsAnsweredAsync(IPEndPoint endPoint, string request, string reply)
    {
        try
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(endPoint, Canceled);
            string answer = await AskAsync(client, request);

            // After the first of its requests that one wants to be let in.
            return answer.StartsWith(reply, StringComparison.Ordinal) || answer.StartsWith("-NOAUTH");
        }
        catch (SocketException)
        {
            // Still turned away.
            return false;
        }
    }

    private static async Task<string> AskAsync(Socket client, string request)
    {
        await client.SendAsync(Encoding.Latin1.GetBytes(request), Canceled);
        byte[] answer = new byte[4_096];
        int length = await client.ReceiveAsync(answer, Canceled).AsTask().Bounded();
        return Encoding.Latin1.GetString(answer, 0, length);
    }
}
