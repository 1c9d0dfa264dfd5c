using System.Text;
using QRCoder;

namespace Loopwave.Api.V1.Numbers;

/// <summary>Draws QR codes.</summary>
internal static class QrImages
{
    private const int PixelsPerModule = 8;

    /// <summary>An SVG as a data URL, black on white with its quiet zone: phones scan it on dark pages too.</summary>
    public static string Svg(string text)
    {
        using var data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.L);
        using var code = new SvgQRCode(data);
        var svg = code.GetGraphic(PixelsPerModule, "#000000", "#ffffff", drawQuietZones: true, SvgQRCode.SizingMode.ViewBoxAttribute);
        return "data:image/svg+xml;base64," + Convert.ToBase64String(Encoding.UTF8.GetBytes(svg));
    }
}
