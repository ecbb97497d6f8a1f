using Penstock.Http.Tests.Scripted;

namespace Penstock.Http.Tests.Conformance;

/// <summary>Every line of <c>requests.txt</c>, whole and in every two pieces, and byte by byte.</summary>
public sealed class RequestTableTests
{
    private static readonly byte[] Probe = "GET / HTTP/1.1\r\nHost: probe\r\n\r\n"u8.ToArray();

    public static TheoryData<int, string> Cases
    {
        get
        {
            var data = new TheoryData<int, string>();
            for (int i = 0; i < RequestCase.All.Count; i++)
                data.Add(i, RequestCase.All[i].About);
            return data;
        }
    }

    [Fact]
    public void The_table_has_its_size_and_no_case_twice()
    {
        Assert.True(RequestCase.All.Count >= 150, $"{RequestCase.All.Count} cases");
        int distinct = RequestCase.All.Select(row => Convert.ToHexString(row.Bytes)).Distinct().Count();
        Assert.Equal(RequestCase.All.Count, distinct);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_request_is_answered_as_the_table_says(int row, string about)
    {
        RequestCase request = RequestCase.All[row];
        using ScriptedServer server = Start();

        string outcome = Outcome(server, request, [request.Bytes]);

        Assert.True(
            request.Expected == outcome,
            $"{about} (RFC {request.Section}): {outcome} instead of {request.Expected}");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_request_in_any_two_pieces_is_answered_the_same(int row, string about)
    {
        RequestCase request = RequestCase.All[row];
        using ScriptedServer server = Start();
        for (int split = 1; split < request.Bytes.Length; split++)
        {
            string outcome = Outcome(server, request, [request.Bytes[..split], request.Bytes[split..]]);
            Assert.True(
                request.Expected == outcome,
                $"{about}, split at {split}: {outcome} instead of {request.Expected}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_request_byte_by_byte_is_answered_the_same(int row, string about)
    {
        RequestCase request = RequestCase.All[row];
        using ScriptedServer server = Start();

        string outcome = Outcome(server, request, [.. request.Bytes.Select(value => new[] { value })]);

        Assert.True(request.Expected == outcome, $"{about}, byte by byte: {outcome} instead of {request.Expected}");
    }

    private static ScriptedServer Start() => new(
        DefaultRoutes.Create()
            .Map("GET", "/users/{name}", exchange => exchange.Response.Send(exchange.Request.RouteValue("name"))),
        new HttpOptions
        {
            MaxRequestLineBytes = 200,
            MaxHeadBytes = 1_000,
            MaxHeaders = 12,
            MaxBodyBytes = 500,
            MaxDiscardedBodyBytes = 100,
        });

    private static string Outcome(ScriptedServer server, RequestCase request, byte[][] pieces)
    {
        ScriptedPeer peer = server.Connect();
        foreach (byte[] piece in pieces)
        {
            peer.Send(piece);
            server.Run();
        }

        string statuses = Statuses(peer, request.IsHead);
        string fate = peer.HasSeenFin || peer.IsClosed ? "close" : Probed(server, peer, statuses);
        return $"{statuses} {fate}".Trim();
    }

    /// <summary>Whether the connection serves another request, or still waits for the rest of this one.</summary>
    private static string Probed(ScriptedServer server, ScriptedPeer peer, string statuses)
    {
        long before = peer.ReceivedBytes;
        peer.Send(Probe);
        server.Run();
        bool mayAnswer = !peer.HasSeenFin && statuses.Length > 0 && statuses != "100";
        bool probeAnswered = mayAnswer && peer.ReceivedBytes > before;
        return probeAnswered ? "keep" : "wait";
    }

    private static string Statuses(ScriptedPeer peer, bool head) =>
        string.Join(' ', ResponseReader.ReadAll(peer.Received, head).Select(response => response.Status));
}
