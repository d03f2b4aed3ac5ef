#!/bin/sh
# Makes ../static/editor.js and its licences anew from package.json; needs Node 20 and npm. The result is committed, so
# that neither running nor installing the service needs them. To renew the editor, change the versions there first.
set -eu
cd "$(dirname "$0")"
here=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json editor.js "$work"
cd "$work"
npm install --no-audit --no-fund --ignore-scripts --loglevel=error
printf '/* Built by kgservice/api/editor/build.sh; versions and licences in editor.LICENCES.txt */\n' > out.js
npx esbuild editor.js --bundle --format=esm --target=es2022 --minify --legal-comments=none >> out.js
for package in $(cd node_modules && ls -d codemirror @codemirror/* @lezer/* @marijn/* crelt style-mod w3c-keyname 2>/dev/null); do
  node -p "const p = require('./node_modules/$package/package.json'); p.name + ' ' + p.version + ', ' + p.license"
  cat "node_modules/$package/LICENSE"
  echo
done > licences.txt
cp out.js "$here/../static/editor.js"
cp licences.txt "$here/../static/editor.LICENCES.txt"
