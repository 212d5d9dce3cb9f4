"""Workbooks (.xlsx): a zip archive with one sheet.

formats.py writes the sheet's XML; this module puts it into the archive.
"""

import io
import zipfile

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET_HEAD = ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns='
              '"http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
SHEET_FOOT = "</sheetData></worksheet>"

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# All parts but the sheet.
PARTS = {
    "[Content_Types].xml":
        '<Types xmlns="%scontent-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="%s.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="%s.worksheet+xml"/>'
        '</Types>' % (_PACKAGE, _WORKBOOK, _WORKBOOK),
    "_rels/.rels":
        '<Relationships xmlns="%srelationships"><Relationship Id="rId1" '
        'Type="%s/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        % (_PACKAGE, _OFFICE),
    "xl/workbook.xml":
        '<workbook xmlns="%s" xmlns:r="%s"><sheets>'
        '<sheet name="Report" sheetId="1" r:id="rId1"/></sheets></workbook>' % (_MAIN, _OFFICE),
    "xl/_rels/workbook.xml.rels":
        '<Relationships xmlns="%srelationships"><Relationship Id="rId1" '
        'Type="%s/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        % (_PACKAGE, _OFFICE),
}


def _member(name):
    """With a fixed time, so that equal reports are equal bytes."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def package(blocks):
    """The workbook whose sheet consists of these blocks of bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in PARTS.items():
            archive.writestr(_member(name), _HEAD + text)
        with archive.open(_member("xl/worksheets/sheet1.xml"), "w") as sheet:
            for block in blocks:
                sheet.write(block)
    return file.getvalue()
