using System.Buffers.Text;
using Penstock.Http;

namespace Penstock.Simulation.Tests.Scenarios.Http;

/// <summary>Streams as many bytes as the path asks for, in pieces, as the client takes them.</summary>
internal sealed class BytesEndpoint : HttpEndpoint
{
    private const int PieceBytes = 700;

    public override void OnRequest(HttpExchange exchange)
    {
        ReadOnlySpan<byte> text = exchange.Request.Path["/bytes/"u8.Length..];
        if (!Utf8Parser.TryParse(text, out int length, out _))
            throw new FormatException("The script asks for a number.");
        exchange.State = new Progress(HttpScript.Pattern(length));
        exchange.Response.Start(length);
        OnDrained(exchange);
    }

    public override void OnDrained(HttpExchange exchange)
    {
        var progress = (Progress)exchange.State!;
        while (progress.Written < progress.Content.Length)
        {
            if (!exchange.Response.WantsMore)
                return;
            int count = Math.Min(PieceBytes, progress.Content.Length - progress.Written);
            exchange.Response.Write(progress.Content.AsSpan(progress.Written, count));
            progress.Written += count;
        }

        exchange.Response.Complete();
    }

    private sealed class Progress(byte[] content)
    {
        public byte[] Content => content;

        public int Written { get; set; }
    }
}
