using System.Text;
using Penstock.Http;
using Penstock.Http.Bodies;
using Penstock.Http.Parsing;
using Penstock.Http.Serving;

namespace Penstock.Simulation.Tests.Fuzz;

/// <summary>
/// Heads, bodies and chunks of requests one behind the other, as the server's reader takes them apart.
/// </summary>
internal sealed class HttpFuzz() : FuzzTarget("http")
{
    private static readonly HttpOptions Options = new()
    {
        MaxRequestLineBytes = 100,
        MaxHeadBytes = 400,
        MaxHeaders = 8,
        MaxBodyBytes = 300,
    };

    private readonly HeadScanner _scanner = new(Options.MaxRequestLineBytes, Options.MaxHeadBytes);
    private readonly HeadParser _parser = new(Options);

    public override string Feed(byte[] input, int pieceBytes)
    {
        var state = new State();
        int start = 0;
        for (int end = Math.Min(pieceBytes, input.Length); ; end = Math.Min(end + pieceBytes, input.Length))
        {
            for (int taken = -1; taken != 0 && start < end && state.Problem is null; start += taken)
                taken = Take(state, input.AsSpan(start, end - start));
            if (state.Problem is not null)
                return state.Log.Append(state.Problem).ToString();
            InvariantException.Require(end - start <= Options.MaxHeadBytes + 2, $"{end - start} bytes were kept");
            InvariantException.Require(
                state.Request.Length <= 2 * Options.MaxHeadBytes + 4, $"a request keeps {state.Request.Length} bytes");
            if (end == input.Length)
                return state.Log.Append("open").ToString();
        }
    }

    private int Take(State state, ReadOnlySpan<byte> data) =>
        state.InBody ? TakeBody(state, data) : TakeHead(state, data);

    private int TakeHead(State state, ReadOnlySpan<byte> data)
    {
        HeadStatus status = _scanner.Scan(data, ref state.Head);
        if (status == HeadStatus.Incomplete)
            return 0;
        int length = state.Head.Scanned;
        if (status != HeadStatus.Complete)
            return state.Stop($"{RequestReader.StatusOf(status)}");
        InvariantException.Require(length <= Options.MaxHeadBytes + 2, $"a head of {length} bytes");
        state.Request.Load(data[state.Head.Start..length]);
        int problem = _parser.ParseHead(state.Request);
        if (problem != 0)
            return state.Stop($"{problem}");
        if (state.Request.DeclaredLength > Options.MaxBodyBytes)
            return state.Stop("413");
        string path = Encoding.Latin1.GetString(state.Request.Path);
        state.Log.Append($"{path} {state.Request.Headers.Count} {state.Request.KeepAlive};");
        state.Begin(Options);
        return length;
    }

    private int TakeBody(State state, ReadOnlySpan<byte> data)
    {
        BodyStatus status = state.Body.Next(data, out int framing, out int content);
        InvariantException.Require(framing + content <= data.Length, $"{framing} and {content} of {data.Length} bytes");
        switch (status)
        {
            case BodyStatus.NeedMore:
                return framing;
            case BodyStatus.Content:
                state.Log.Append(Convert.ToHexString(data.Slice(framing, content)));
                state.Content += content;
                InvariantException.Require(state.Content <= Options.MaxBodyBytes, $"a body of {state.Content} bytes");
                state.Body.Take(content);
                if (state.Body.HasEnded)
                    state.Next();
                return framing + content;
            case BodyStatus.Ended:
                return EndChunks(state, framing);
            default:
                return state.Stop(status.ToString());
        }
    }

    private int EndChunks(State state, int framing)
    {
        ByteRange lines = state.Request.TrailerLines;
        int problem = lines.Length > 2 ? _parser.ParseTrailers(state.Request, lines) : 0;
        if (problem != 0)
            return state.Stop($"{problem}");
        state.Log.Append($" {state.Request.Trailers.Count}");
        state.Next();
        return framing;
    }

    private sealed class State
    {
        public HeadProgress Head;
        public BodyDecoder Body;

        public StringBuilder Log { get; } = new();

        public HttpRequest Request { get; } = new();

        public bool InBody { get; private set; }

        public long Content { get; set; }

        public string? Problem { get; private set; }

        public int Stop(string problem)
        {
            Problem = problem;
            return 0;
        }

        public void Begin(HttpOptions options)
        {
            InBody = Request.HasBody;
            if (InBody)
                Body.Begin(Request, options);
            else
                Next();
        }

        public void Next()
        {
            Log.Append('|');
            InBody = false;
            Content = 0;
            Head = default;
            Request.Reset();
        }
    }
}
